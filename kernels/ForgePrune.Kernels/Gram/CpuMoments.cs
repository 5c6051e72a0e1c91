namespace ForgePrune.Kernels;

/// <summary>Both moments of <see cref="Gram"/> as sums that end.</summary>
internal sealed class CpuMoments(int rows, int cols, int threads) : IMomentSum
{
    private readonly LongArray<double> gram = LargeArray.ZerosLong<double>((long)cols * cols);
    private readonly double[] cross = LargeArray.Zeros<double>((long)rows * cols);

    public void Add(ReadOnlySpan<float> targets, int targetStride, ReadOnlySpan<float> inputs, int inputStride, int tokens)
    {
        Gram.Accumulate(inputs, tokens, cols, inputStride, gram, cols, threads);
        Gram.AccumulateCross(targets, rows, targetStride, inputs, cols, inputStride, tokens, cross, cols, threads);
    }

    public (LongArray<double> Gram, double[] Cross) Finish() => (gram, cross);

    public void Dispose()
    {
    }
}
