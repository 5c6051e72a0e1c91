namespace ForgePrune.Kernels;

/// <summary>Level construction of a layer's channels, from Hessian and weights to order and scores, on whatever device computes it.</summary>
public interface IChannelOrdering
{
    /// <summary>The device in words, for manifests: what computes may change last bits.</summary>
    string Device { get; }

    /// <summary>Removes all n columns of W greedily.</summary>
    /// <param name="hessian">H, n × n, contiguous, symmetric and damped. Only read.</param>
    /// <param name="weights">W, rows × n, contiguous; dead columns count as zero. Only read.</param>
    /// <param name="dead">n flags of inputs that were always zero: they go first, at cost 0.</param>
    /// <exception cref="NotPositiveDefiniteException">H needs more damping.</exception>
    EliminationResult Order(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead);
}
