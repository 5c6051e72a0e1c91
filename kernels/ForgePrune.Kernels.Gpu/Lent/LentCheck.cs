using System.Runtime.InteropServices;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>A small known matrix in another library's memory, read as activations are, beside the same by way of the host, before any sum is left to the copies:
/// all types, rows that follow each other, rows with gaps, and more tokens than are read at once.</summary>
internal static class LentCheck
{
    private const int Rows = GramKernels.Tokens + 5, Cols = 7, Gap = 2;

    /// <returns>Why the memory cannot be read, as a clause; null where it can.</returns>
    public static string? Fault(GpuDevice device, ILentCopies copies, LentReader reader, LentMemory memory)
    {
        try
        {
            foreach (var type in Enum.GetValues<LentType>())
                foreach (var stride in new[] { Cols, Cols + Gap })
                    if (!IsRead(device, copies, reader, memory, type, stride))
                        return $"what is read there in {type.ToString().ToLowerInvariant()} differs from what the host wrote";
            return null;
        }
        catch (Exception refusal) when (refusal is CudaRefusal or GpuDeviceException or AcceleratorException)
        {
            return (refusal.InnerException ?? refusal).Message.TrimEnd('.');
        }
    }

    private static bool IsRead(GpuDevice device, ILentCopies copies, LentReader reader, LentMemory memory, LentType type, int stride)
    {
        var (bytes, values) = Made(type, stride);
        double[] expected = new double[Cols], sums = new double[Cols];
        Gram.AccumulateSum(values, Rows, Cols, stride, expected);
        using DeviceMatrix<float> slab = new(device, GpuGramSum.Slab, Cols);
        var isRead = true;
        var address = copies.Put(bytes);
        try
        {
            reader.Pass(new(memory, address, type, Rows, Cols, stride), sums, slab, (first, count) =>
            {
                var seen = new float[GpuGramSum.Slab * Cols];
                slab.Download(seen, Cols);
                for (var row = 0; row < count; row++)
                    isRead &= Bits(seen.AsSpan(row * Cols, Cols)).SequenceEqual(Bits(values.AsSpan((first + row) * stride, Cols)));
            });
        }
        finally
        {
            copies.Free(address);
        }
        return isRead && MemoryMarshal.AsBytes<double>(sums).SequenceEqual(MemoryMarshal.AsBytes<double>(expected));
    }

    /// <summary>Numbers of a type, and the same in float32; what lies in gaps too.</summary>
    private static (byte[] Bytes, float[] Values) Made(LentType type, int stride)
    {
        var random = new Random(stride);
        float[] values = [.. Enumerable.Range(0, Rows * stride).Select(_ => random.NextSingle() * 2 - 1)];
        switch (type)
        {
            case LentType.F16:
                Half[] halves = Array.ConvertAll(values, value => (Half)value);
                return (MemoryMarshal.AsBytes<Half>(halves).ToArray(), Array.ConvertAll(halves, half => (float)half));
            case LentType.BF16:
                ushort[] upper = Array.ConvertAll(values, value => (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16));
                BrainFloat.ToSingle(upper, values);
                return (MemoryMarshal.AsBytes<ushort>(upper).ToArray(), values);
            default:
                return (MemoryMarshal.AsBytes<float>(values).ToArray(), values);
        }
    }

    private static ReadOnlySpan<int> Bits(ReadOnlySpan<float> values) => MemoryMarshal.Cast<float, int>(values);
}
