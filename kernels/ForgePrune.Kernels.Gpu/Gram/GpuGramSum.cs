using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>A Gram that stays on the device until it is finished; activations pass through a buffer of at most 512 tokens.</summary>
internal sealed class GpuGramSum : IGramSum, ILentGram
{
    // A multiple of the 256 tokens that one float32 sum holds, so that cutting an input into slabs changes no block.
    internal const int Slab = 2 * GramKernels.Tokens;

    private readonly GpuDevice device;
    private readonly GpuGram gram;
    private readonly LentReaders? lent;
    private readonly DeviceMatrix<double> sum;
    private readonly DeviceMatrix<float> slab;

    /// <param name="lent">The memories of other libraries that are read; null for none.</param>
    public GpuGramSum(GpuDevice device, GpuGram gram, int cols, LentReaders? lent = null)
    {
        (this.device, this.gram, this.lent, sum, slab) = (device, gram, lent, new(device, cols, cols), new(device, Slab, cols));
        sum.View.MemSetToZero();
    }

    /// <summary>Bytes of a device that a Gram of so many columns takes.</summary>
    public static long Bytes(int cols) => (long)cols * cols * sizeof(double) + (long)cols * Slab * sizeof(float);

    public void Add(ReadOnlySpan<float> x, int tokens, int stride)
    {
        using var here = device.Use();
        for (var first = 0; first < tokens && sum.Cols > 0; first += Slab)
        {
            var count = Math.Min(Slab, tokens - first);
            slab.Upload(x[(first * stride)..], stride, count);
            gram.AccumulateLower(slab, count, sum);
        }
    }

    ILentGram? IGramSum.Reader(LentMemory memory) => lent?.Of(memory) is null ? null : this;

    void ILentGram.Add(LentMatrix x, Span<double> columnSums)
    {
        using var here = device.Use();
        lent!.Of(x.Memory)!.Pass(x, columnSums, slab, (_, count) => gram.AccumulateLower(slab, count, sum));
    }

    public LongArray<double> Finish()
    {
        using var here = device.Use();
        gram.Mirror(this.sum);
        var sum = LargeArray.Uninitialized<double>((long)this.sum.Rows * this.sum.Cols);
        this.sum.Download(sum, this.sum.Cols);
        return sum;
    }

    public void Dispose()
    {
        using var here = device.Use();
        sum.Dispose();
        slab.Dispose();
    }
}
