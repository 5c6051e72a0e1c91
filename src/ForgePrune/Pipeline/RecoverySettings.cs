using ForgePrune.Training;

namespace ForgePrune.Pipeline;

/// <summary>Training of the pruned model, after its refit and before it is written.</summary>
/// <param name="Tokens">To train on.</param>
/// <param name="Text">File; null takes the calibration windows that are not held out.</param>
/// <param name="Rate">Largest learning rate.</param>
public sealed record RecoverySettings(int Tokens, string? Text, RecoveryLoss Loss, double Rate)
{
    /// <summary>What is trained.</summary>
    public RecoveryScope Scope { get; init; }
}
