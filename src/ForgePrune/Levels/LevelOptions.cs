namespace ForgePrune.Levels;

/// <summary>How levels are chosen and refitted.</summary>
/// <param name="Damping">λ as a fraction of the mean diagonal of the Hessian, tried first.</param>
/// <param name="Affine">Refits also find the best output bias: it subsumes mean compensation and is free at run time.</param>
public sealed record LevelOptions(double Damping = Damping.Default, bool Affine = false)
{
    /// <summary>One line that differs when the levels do.</summary>
    public override string ToString() => FormattableString.Invariant($"damping {Damping:R} affine {Affine}");
}
