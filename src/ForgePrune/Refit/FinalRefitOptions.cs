namespace ForgePrune.Refit;

/// <summary>The options of the final refit on the activations of the pruned network.</summary>
/// <remarks>Both shares say how much of the accumulated error of the earlier blocks a block compensates, at its output and at its input. With 0 the
/// errors add up; with 1 the block is fitted to targets that its inputs do not determine. One half was the best value, or near it, where it was
/// measured.</remarks>
public sealed record FinalRefitOptions
{
    /// <summary>The share t, from 0 to 1. The target of a block is the output of the dense block on the pruned residual stream, plus t times the remaining
    /// difference to the dense residual stream.</summary>
    public double ResidualShare { get; init; } = 0.5;

    /// <summary>The share f, from 0 to 1, by which a linear map in front of each block moves its inputs toward the inputs of the dense block.</summary>
    public double InputShare { get; init; } = 0.5;

    /// <summary>Whether to fit output biases too.</summary>
    public bool Affine { get; init; }

    /// <summary>How every block is fitted.</summary>
    internal RefitChoices Choices { get; init; } = RefitChoices.Usual;

    /// <summary>The options as one line, for hashes.</summary>
    public override string ToString() => FormattableString.Invariant($"residual {ResidualShare:R} input {InputShare:R} affine {Affine} choices {Choices}");
}
