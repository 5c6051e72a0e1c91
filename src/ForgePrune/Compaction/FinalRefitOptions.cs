namespace ForgePrune.Compaction;

/// <summary>What the output of a kept block is compared with before any share of the residual stream is asked for.</summary>
public enum RefitTarget
{
    /// <summary>The dense block on the dense network's activations: what it said in the original.</summary>
    DenseInputs,

    /// <summary>The dense block on the pruned network's activations: what it would say where it now stands.</summary>
    PrunedInputs,
}

/// <summary>The weights that λ pulls towards.</summary>
public enum RefitAnchor
{
    /// <summary>The original weights of the kept columns.</summary>
    DenseWeights,

    /// <summary>The weights of the pruned model as given, refitted already.</summary>
    CurrentWeights,
}

/// <summary>How the last refit on the pruned network's own activations is done.</summary>
public sealed record FinalRefitOptions
{
    /// <summary>What the block alone should reproduce.</summary>
    public RefitTarget Target { get; init; } = RefitTarget.DenseInputs;

    /// <summary>t in [0, 1]: target = block + t·(stream − block), where stream is what brings the residual back to the dense one
    /// (dense residual after the block − pruned residual before it). 0 repairs the block, 1 repairs all that came before too.</summary>
    public double ResidualShare { get; init; }

    public RefitAnchor Anchor { get; init; } = RefitAnchor.DenseWeights;

    /// <summary>λ as a fraction of the mean diagonal of the Hessian of the pruned network's activations, tried first.</summary>
    public double Damping { get; init; } = Levels.Damping.Default;

    /// <summary>Finds output biases too; otherwise those of the pruned model stay.</summary>
    public bool Affine { get; init; }

    /// <summary>Chooses the kept heads and channels anew, by the same greedy removal from the dense refit W* = M H⁻¹: the error of any
    /// weights is that of W* plus ½·tr((W − W*) H (W − W*)ᵀ).</summary>
    public bool Reselect { get; init; }

    /// <summary>One line that differs when the result does.</summary>
    public override string ToString() => FormattableString.Invariant(
        $"target {Target} share {ResidualShare:R} anchor {Anchor} damping {Damping:R} affine {Affine} reselect {Reselect}");
}
