using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>A Gram that stays on the device until it is finished; activations pass through a buffer of at most 512 tokens.</summary>
internal sealed class GpuGramSum : IGramSum
{
    // A multiple of the 256 tokens that one float32 sum holds, so that cutting an input into slabs changes no block.
    private const int Slab = 2 * GramKernels.Tokens;

    private readonly GpuGram _gram;
    private readonly DeviceMatrix<double> _sum;
    private readonly DeviceMatrix<float> _slab;

    public GpuGramSum(GpuDevice device, GpuGram gram, int cols)
    {
        (_gram, _sum, _slab) = (gram, new(device, cols, cols), new(device, Slab, cols));
        _sum.View.MemSetToZero();
    }

    /// <summary>Bytes of a device that a Gram of so many columns takes.</summary>
    public static long Bytes(int cols) => (long)cols * cols * sizeof(double) + (long)cols * Slab * sizeof(float);

    public void Add(ReadOnlySpan<float> x, int tokens, int stride)
    {
        for (var first = 0; first < tokens && _sum.Cols > 0; first += Slab)
        {
            var count = Math.Min(Slab, tokens - first);
            _slab.Upload(x[(first * stride)..], stride, count);
            _gram.AccumulateLower(_slab, count, _sum);
        }
    }

    public double[] Finish()
    {
        _gram.Mirror(_sum);
        var sum = LargeArray.Uninitialized<double>((long)_sum.Rows * _sum.Cols);
        _sum.Download(sum, _sum.Cols);
        return sum;
    }

    public void Dispose()
    {
        _sum.Dispose();
        _slab.Dispose();
    }
}
