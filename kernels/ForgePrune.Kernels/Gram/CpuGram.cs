namespace ForgePrune.Kernels;

/// <summary><see cref="Gram"/> as a sum that ends.</summary>
internal sealed class CpuGram(int cols, int threads) : IGramSum
{
    private readonly double[] sum = LargeArray.Zeros<double>((long)cols * cols);

    public void Add(ReadOnlySpan<float> x, int tokens, int stride) => Gram.Accumulate(x, tokens, cols, stride, sum, cols, threads);

    public double[] Finish() => sum;

    public void Dispose()
    {
    }
}
