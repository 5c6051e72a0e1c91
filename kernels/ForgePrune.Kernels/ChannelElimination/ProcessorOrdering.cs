namespace ForgePrune.Kernels;

/// <summary>Level construction on this machine's processor.</summary>
public sealed class ProcessorOrdering(int threads = 0) : IChannelOrdering
{
    public string Device => "cpu";

    public EliminationResult Order(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead)
    {
        Shape.Require(hessian, n, n, n);
        Shape.Require(weights, rows, n, n);
        var stride = LargeArray.Stride<double>(n);
        var living = LivingWeights.Of(weights, n, dead);
        var gram = LargeArray.Zeros<double>((long)n * stride);
        Gram.Accumulate(living, rows, n, n, gram, stride, threads);
        var inverse = LargeArray.Uninitialized<double>((long)n * stride);
        for (var row = 0; row < n; row++)
            hessian.Slice(row * n, n).CopyTo(inverse.AsSpan(row * stride));
        if (Cholesky.Factor(inverse, n, stride, threads) is var pivot and >= 0)
            throw new NotPositiveDefiniteException("The damped Hessian", pivot);
        SpdInverse.FromFactor(inverse, n, stride, threads);
        return ChannelElimination.Run(inverse, gram, n, dead, stride, threads);
    }
}
