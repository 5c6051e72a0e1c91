using System.Globalization;

namespace ForgePrune.Training;

/// <summary>Detects a learning rate that is too high for the model: the loss rises in the first steps. MiniMind2-Small at half its size needs a tenth of the
/// rate that suits stories15M; at that rate it ends worse than it began.</summary>
internal static class RisingLoss
{
    /// <summary>The number of steps that are examined.</summary>
    public const int Early = 20;

    // Single batches differ by a tenth or so; a rate that is right lowers the loss, one that is not doubles a divergence and adds half a nat to a
    // cross-entropy.
    private const double Share = 0.5;

    /// <summary>The warning at the step where the loss has risen; null at every other step.</summary>
    /// <param name="losses">The losses of all steps so far, in nats per token.</param>
    /// <param name="rate">The largest learning rate.</param>
    public static string? Warning(IReadOnlyList<double> losses, double rate)
    {
        var last = losses.Count - 1;
        return last > 0 && last < Early && Rose(last) && !Enumerable.Range(1, last - 1).Any(Rose)
            ? string.Create(CultureInfo.InvariantCulture,
                $"the loss rose from {losses[0]:0.000} to {losses[last]:0.000} in {last} steps: a rate of {rate:0.######} is too high for this model; stop, and go on with `Recovery.Rate` {rate / 10:0.#######}")
            : null;

        bool Rose(int step) => losses[step] - losses[0] > Share * Math.Min(losses[0], 1);
    }
}
