using ForgePrune.Serving;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace ForgePrune.Onnx.Providers;

/// <summary>The memory in which a session computes: KV caches lie there, and so do logits that nobody reads on the host.</summary>
/// <param name="isDevice">Whether the host cannot read it: what a session takes from the host is copied when it is bound.</param>
/// <param name="clear">Sets bytes of it to zero.</param>
/// <param name="copy">Copies bytes of the host there, and waits; null where the host can write there.</param>
internal sealed class ProviderMemory(OrtAllocator allocator, bool isDevice, ClearBytes clear, CopyBytes? copy = null) : IDisposable
{
    /// <summary>What ONNX Runtime calls the memory of a CUDA GPU, as C ends its strings.</summary>
    private static readonly byte[] CudaName = "Cuda\0"u8.ToArray();

    public bool IsDevice => isDevice;

    public OrtMemoryInfo Info => allocator.Info;

    /// <param name="session">Has to outlive it.</param>
    public static ProviderMemory Of(InferenceSession session, ServingProvider provider) => provider.CudaIndex is { } index
        ? new(new OrtAllocator(session, new OrtMemoryInfo(CudaName, OrtAllocatorType.DeviceAllocator, index, OrtMemType.Default)), isDevice: true,
            CudaMemory.Clear, CudaMemory.Copy)
        : new(OrtAllocator.DefaultInstance, isDevice: false, bytes => bytes.Clear());

    /// <summary>A tensor of zeros in native memory: the garbage collector never has to move around gigabytes that ORT writes into.</summary>
    public OrtValue Zeros(TensorElementType type, params long[] dims)
    {
        var value = New(type, dims);
        if (!dims.Contains(0))
            clear(value.GetTensorMutableRawData());
        return value;
    }

    /// <summary>A tensor of whatever lies there.</summary>
    public OrtValue New(TensorElementType type, params long[] dims) => OrtValue.CreateAllocatedTensorValue(allocator, type, dims);

    /// <summary>Sets the first bytes of a tensor of this memory to zero.</summary>
    public void Clear(OrtValue value, long bytes) => clear(value.GetTensorMutableRawData()[..checked((int)bytes)]);

    /// <summary>Copies bytes of the host into a tensor of this memory, from its beginning.</summary>
    public void Copy(OrtValue to, ReadOnlySpan<byte> from)
    {
        var target = to.GetTensorMutableRawData();
        if (copy is null)
            from.CopyTo(target);
        else
            copy(target[..from.Length], from);
    }

    /// <summary>Where a tensor begins in whatever memory it lies. It must stay referred to for as long as that is used.</summary>
    public static unsafe nint AddressOf(OrtValue value)
    {
        fixed (byte* address = value.GetTensorMutableRawData())
            return (nint)address;
    }

    public void Dispose()
    {
        // The host's is everybody's.
        if (!ReferenceEquals(allocator, OrtAllocator.DefaultInstance))
            allocator.Dispose();
    }
}

/// <param name="bytes">Of a memory that the host may not be able to read.</param>
internal delegate void ClearBytes(Span<byte> bytes);

/// <param name="to">Of a memory that the host may not be able to write.</param>
/// <param name="from">Of the host's, as long.</param>
internal delegate void CopyBytes(Span<byte> to, ReadOnlySpan<byte> from);
