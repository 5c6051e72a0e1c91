using System.Globalization;

namespace ForgePrune.Training;

/// <summary>A training whose first steps make the model worse: the rate is too high for it. Half of MiniMind2-Small learns at a tenth of the rate that suits stories15M; at that one it
/// ends worse than it began.</summary>
public static class RisingLoss
{
    /// <summary>The steps that are looked at.</summary>
    public const int Early = 20;

    // Single batches differ by a tenth or so; a rate that is right lowers the loss, one that is not doubles a divergence and adds half a nat to a cross-entropy.
    private const double Share = 0.5;

    /// <summary>What to tell the user, at the step that shows it; null for every other step.</summary>
    /// <param name="losses">Of all steps so far, nats per token.</param>
    /// <param name="rate">The largest learning rate.</param>
    public static string? Warning(IReadOnlyList<double> losses, double rate)
    {
        var last = losses.Count - 1;
        return last > 0 && last < Early && Rose(last) && !Enumerable.Range(1, last - 1).Any(Rose)
            ? string.Create(CultureInfo.InvariantCulture,
                $"the loss rose from {losses[0]:0.000} to {losses[last]:0.000} in {last} steps: a rate of {rate:0.######} is too high for this model; stop, and go on with --recover-rate {rate / 10:0.#######}")
            : null;

        bool Rose(int step) => losses[step] - losses[0] > Share * Math.Min(losses[0], 1);
    }
}
