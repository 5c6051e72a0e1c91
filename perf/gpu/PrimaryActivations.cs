using System.Runtime.InteropServices;
using ForgePrune.Kernels;
using ForgePrune.Kernels.Gpu;
using ForgePrune.Perf;
using ForgePrune.Serving;
using ILGPU.Runtime.Cuda;

namespace ForgePrune.GpuPerf;

/// <summary>Made activations in the primary context of a GPU, where ONNX Runtime leaves its own, and the same on the host in float32.</summary>
internal sealed class PrimaryActivations : IDisposable
{
    private PrimaryActivations(ILentCopies copies, LentMatrix there, float[] onHost) => (Copies, There, OnHost) = (copies, there, onHost);

    /// <summary>From there to the device's own context.</summary>
    public ILentCopies Copies { get; }

    public LentMatrix There { get; }

    public float[] OnHost { get; }

    /// <summary>The memory of the device as ONNX Runtime knows it; null where it is none of CUDA.</summary>
    public static LentMemory? MemoryOf(GpuDevice device) => device.Accelerator is CudaAccelerator cuda ? LentMemory.Cuda(cuda.DeviceId) : null;

    /// <summary>The memory in which a provider leaves activations; null on the processor.</summary>
    public static LentMemory? MemoryOf(ServingProvider provider) => provider.CudaIndex is { } index ? LentMemory.Cuda(index) : null;

    /// <returns>Null and why there are none.</returns>
    public static (PrimaryActivations? Made, string? Fault) Of(GpuDevice device, LentType type, int tokens, int cols)
    {
        if (MemoryOf(device) is not { } memory)
            return (null, "it needs CUDA");
        var (copies, fault) = PeerCopies.Open(device, memory);
        if (copies is null)
            return (null, fault);
        var (bytes, values) = Values(type, Made.Floats(new Random(cols), tokens * cols));
        return (new(copies, new(memory, copies.Put(bytes), type, tokens, cols, cols), values), null);
    }

    public void Dispose()
    {
        Copies.Free(There.Pointer);
        Copies.Dispose();
    }

    private static (byte[] Bytes, float[] Values) Values(LentType type, float[] values)
    {
        if (type == LentType.F32)
            return (MemoryMarshal.AsBytes<float>(values).ToArray(), values);
        ushort[] bits = Array.ConvertAll(values, value => type == LentType.F16
            ? BitConverter.HalfToUInt16Bits((Half)value) : (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
        return (MemoryMarshal.AsBytes<ushort>(bits).ToArray(), Array.ConvertAll(bits, value => type == LentType.F16
            ? (float)BitConverter.UInt16BitsToHalf(value) : BitConverter.UInt32BitsToSingle((uint)value << 16)));
    }
}
