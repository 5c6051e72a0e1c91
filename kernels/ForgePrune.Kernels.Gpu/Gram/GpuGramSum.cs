using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>A Gram that stays on the device until it is finished; activations pass through a buffer of at most 512 tokens.</summary>
internal sealed class GpuGramSum : IGramSum
{
    // A multiple of the 256 tokens that one float32 sum holds, so that cutting an input into slabs changes no block.
    internal const int Slab = 2 * GramKernels.Tokens;

    private readonly GpuGram gram;
    private readonly DeviceMatrix<double> sum;
    private readonly DeviceMatrix<float> slab;

    public GpuGramSum(GpuDevice device, GpuGram gram, int cols)
    {
        (this.gram, sum, slab) = (gram, new(device, cols, cols), new(device, Slab, cols));
        sum.View.MemSetToZero();
    }

    /// <summary>Bytes of a device that a Gram of so many columns takes.</summary>
    public static long Bytes(int cols) => (long)cols * cols * sizeof(double) + (long)cols * Slab * sizeof(float);

    public void Add(ReadOnlySpan<float> x, int tokens, int stride)
    {
        for (var first = 0; first < tokens && sum.Cols > 0; first += Slab)
        {
            var count = Math.Min(Slab, tokens - first);
            slab.Upload(x[(first * stride)..], stride, count);
            gram.AccumulateLower(slab, count, sum);
        }
    }

    public LongArray<double> Finish()
    {
        gram.Mirror(this.sum);
        var sum = LargeArray.Uninitialized<double>((long)this.sum.Rows * this.sum.Cols);
        this.sum.Download(sum, this.sum.Cols);
        return sum;
    }

    public void Dispose()
    {
        sum.Dispose();
        slab.Dispose();
    }
}
