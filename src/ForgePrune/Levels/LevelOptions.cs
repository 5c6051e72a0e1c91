namespace ForgePrune.Levels;

/// <summary>The options of level selection and refit.</summary>
/// <param name="Damping">The damping λ that is tried first, as a fraction of the mean diagonal of the Hessian; from 0 to 1. Where
/// validation text chooses the damping, its search begins next to this one.</param>
/// <param name="Affine">Whether refits also fit the output bias. This includes the bias compensation of FLAP (An et al. 2024) and costs no time at
/// inference.</param>
public sealed record LevelOptions(double Damping = Damping.Default, bool Affine = false)
{
    /// <summary>The options as one line, for hashes.</summary>
    public override string ToString() => FormattableString.Invariant($"damping {Damping:R} affine {Affine}");
}
