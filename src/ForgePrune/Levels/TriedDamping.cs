namespace ForgePrune.Levels;

/// <summary>A damping that was tried on validation text.</summary>
/// <param name="Fraction">The fraction of the mean diagonal.</param>
/// <param name="Loss">The validation loss as a share of the loss of removing everything: the geometric mean over five widths from a quarter to three quarters,
/// estimated in a simple order of removal.</param>
public sealed record TriedDamping(double Fraction, double Loss);
