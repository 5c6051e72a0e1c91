namespace ForgePrune.Kernels;

/// <summary><see cref="Gram"/> as a sum that ends.</summary>
internal sealed class CpuGram(int cols, int threads) : IGramSum
{
    private readonly LongArray<double> sum = LargeArray.ZerosLong<double>((long)cols * cols);

    public void Add(ReadOnlySpan<float> x, int tokens, int stride) => Gram.Accumulate(x, tokens, cols, stride, sum, cols, threads);

    public LongArray<double> Finish() => sum;

    public void Dispose()
    {
    }
}
