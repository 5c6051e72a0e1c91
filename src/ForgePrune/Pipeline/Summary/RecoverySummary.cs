namespace ForgePrune.Pipeline.Summary;

/// <summary>What recovery did, judged on the held-out part of the calibration text, which it never reads.</summary>
/// <param name="Tokens">Trained on.</param>
/// <param name="Loss">kl or ce.</param>
/// <param name="Rate">Largest learning rate.</param>
/// <param name="Seconds">Of the process that finished it.</param>
/// <param name="KlBefore">Mean KL(dense ‖ pruned) after the refit, nats per token.</param>
/// <param name="KlAfter">The same after recovery.</param>
/// <param name="Curve">Loss of the training itself on the way, at most <see cref="LossPoint.Most"/> points.</param>
/// <param name="Kept">False where the model was better before by what it was trained towards: then that one is written.</param>
public sealed record RecoverySummary(
    long Tokens, string Loss, double Rate, double Seconds, double KlBefore, double KlAfter, double PerplexityBefore, double PerplexityAfter, bool Kept,
    IReadOnlyList<LossPoint> Curve)
{
    /// <summary>What was trained: all, lora:RANK or scales.</summary>
    public string Scope { get; init; } = Training.RecoveryScope.All.ToString();
}

/// <param name="Tokens">Trained on so far.</param>
/// <param name="Loss">Mean of the steps since the last point, nats per token.</param>
public sealed record LossPoint(long Tokens, double Loss)
{
    /// <summary>The most points of a curve.</summary>
    public const int Most = 50;

    /// <summary>The losses of all steps as points that stand for equally many steps, the last one perhaps for fewer.</summary>
    public static IReadOnlyList<LossPoint> Of(IReadOnlyList<double> losses, long tokensPerStep)
    {
        var steps = Math.Max(1, (losses.Count + Most - 1) / Most);
        return [.. losses.Chunk(steps).Select((chunk, i) => new LossPoint((((long)i * steps) + chunk.Length) * tokensPerStep, chunk.Average()))];
    }
}
