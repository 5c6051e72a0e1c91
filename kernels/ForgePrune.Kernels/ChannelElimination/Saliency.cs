namespace ForgePrune.Kernels;

/// <summary>The two symmetric matrices that greedy removal works on: P = H⁻¹ and G = WᵀW. The weights themselves never move.</summary>
internal sealed record Saliency(LongArray<double> Inverse, LongArray<double> WeightGram)
{
    /// <param name="hessian">H, n × n, contiguous.</param>
    /// <param name="weights">W, rows × n, contiguous; its dead columns count as zero.</param>
    /// <param name="stride">Elements from one row of either result to the next.</param>
    /// <exception cref="NotPositiveDefiniteException">H cannot be factored.</exception>
    public static Saliency Of(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead, int stride, int threads)
    {
        Shape.Require(hessian, n, n, n);
        Shape.Require(weights, rows, n, n);
        var gram = LargeArray.ZerosLong<double>((long)n * stride);
        Gram.Accumulate(LivingWeights.Of(weights, n, dead), rows, n, n, gram, stride, threads);
        var inverse = LargeArray.UninitializedLong<double>((long)n * stride);
        Copy(hessian, n, inverse, stride, threads);
        if (Cholesky.Factor(inverse, n, stride, threads) is var pivot and >= 0)
            throw new NotPositiveDefiniteException("The damped Hessian", pivot);
        SpdInverse.FromFactor(inverse, n, stride, threads);
        return new(inverse, gram);
    }

    private static unsafe void Copy(ReadOnlyLongSpan<double> from, int n, LongArray<double> to, int stride, int threads)
    {
        fixed (double* start = from)
        {
            var source = start;
            Workers.For(n, threads, row => new ReadOnlySpan<double>(source + ((nint)row * n), n).CopyTo(to.AsLongSpan().Span((long)row * stride, n)));
        }
    }
}
