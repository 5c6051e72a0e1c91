namespace ForgePrune.Refit;

/// <summary>How the last refit on the pruned network's own activations is done.</summary>
/// <remarks>The shares answer one question for both sides of a block: how much of the error of all blocks before it should it repair? None
/// leaves errors to add up; all makes it chase what it cannot know from its inputs. One half was best or near it where it was measured.</remarks>
public sealed record FinalRefitOptions
{
    /// <summary>t in [0, 1]: a block's output is fitted to what the dense block says where the pruned network stands, plus t times what
    /// then still lacks to the dense residual stream.</summary>
    public double ResidualShare { get; init; } = 0.5;

    /// <summary>f in [0, 1]: how far a linear map in front of each block takes what enters it back to what enters it in the dense network.</summary>
    public double InputShare { get; init; } = 0.5;

    /// <summary>Finds output biases too.</summary>
    public bool Affine { get; init; }

    /// <summary>One line that differs when the result does.</summary>
    public override string ToString() => FormattableString.Invariant($"residual {ResidualShare:R} input {InputShare:R} affine {Affine}");
}
