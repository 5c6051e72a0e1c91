using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>Both moments of a fit, which stay on the device until they are finished; inputs and targets pass through buffers of at most 512 tokens.</summary>
internal sealed class GpuMomentSum : IMomentSum, ILentMoments
{
    private readonly GpuDevice device;
    private readonly GpuGram gram;
    private readonly GpuCross cross;
    private readonly LentReaders? lent;
    private readonly DeviceMatrix<double> squares, moment;
    private readonly DeviceMatrix<float> inputs, targets;

    /// <param name="lent">The memories of other libraries that inputs are read from; null for none.</param>
    public GpuMomentSum(GpuDevice device, GpuGram gram, GpuCross cross, int rows, int cols, LentReaders? lent = null)
    {
        (this.device, this.gram, this.cross, this.lent) = (device, gram, cross, lent);
        (squares, moment) = (new(device, cols, cols), new(device, rows, cols));
        (inputs, targets) = (new(device, GpuGramSum.Slab, cols), new(device, GpuGramSum.Slab, rows));
        squares.View.MemSetToZero();
        moment.View.MemSetToZero();
    }

    /// <summary>Bytes of a device that the moments take.</summary>
    public static long Bytes(int rows, int cols) =>
        GpuGramSum.Bytes(cols) + (long)rows * cols * sizeof(double) + (long)rows * GpuGramSum.Slab * sizeof(float);

    public void Add(ReadOnlySpan<float> targets, int targetStride, ReadOnlySpan<float> inputs, int inputStride, int tokens)
    {
        using var here = device.Use();
        Shape.Require(targets, tokens, this.targets.Cols, targetStride);
        Shape.Require(inputs, tokens, this.inputs.Cols, inputStride);
        for (var first = 0; first < tokens && this.inputs.Cols > 0; first += GpuGramSum.Slab)
        {
            var count = Math.Min(GpuGramSum.Slab, tokens - first);
            this.inputs.Upload(inputs[(first * inputStride)..], inputStride, count);
            gram.AccumulateLower(this.inputs, count, squares);
            if (this.targets.Cols == 0)
                continue;
            this.targets.Upload(targets[(first * targetStride)..], targetStride, count);
            cross.Accumulate(this.targets, this.inputs, count, moment);
        }
    }

    ILentMoments? IMomentSum.Reader(LentMemory memory) => lent?.Of(memory) is null ? null : this;

    void ILentMoments.Add(ReadOnlyMemory<float> targets, int targetStride, LentMatrix inputs, Span<double> inputSums)
    {
        Shape.Require(targets.Span, inputs.Rows, this.targets.Cols, targetStride);
        using var here = device.Use();
        lent!.Of(inputs.Memory)!.Pass(inputs, inputSums, this.inputs, (first, count) =>
        {
            gram.AccumulateLower(this.inputs, count, squares);
            if (this.targets.Cols == 0)
                return;
            this.targets.Upload(targets.Span[(first * targetStride)..], targetStride, count);
            cross.Accumulate(this.targets, this.inputs, count, moment);
        });
    }

    public (LongArray<double> Gram, double[] Cross) Finish()
    {
        using var here = device.Use();
        gram.Mirror(squares);
        var whole = LargeArray.Uninitialized<double>((long)squares.Rows * squares.Cols);
        var sum = LargeArray.Uninitialized<double>((long)moment.Rows * moment.Cols);
        squares.Download(whole, squares.Cols);
        moment.Download(sum, moment.Cols);
        return (whole, sum);
    }

    public void Dispose()
    {
        using var here = device.Use();
        squares.Dispose();
        moment.Dispose();
        inputs.Dispose();
        targets.Dispose();
    }
}
