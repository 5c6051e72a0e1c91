using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Search;

/// <summary>Measures the divergence KL(dense ‖ pruned) of plans, in nats per token.</summary>
public interface IPlanEvaluator
{
    /// <summary>The mean KL of every plan on every window. Plans with equal first layers share that work.</summary>
    /// <param name="plans">The plans.</param>
    /// <param name="windows">The text as token ids.</param>
    /// <param name="progress">Receives the share that is done, from 0 to 1, on the calling thread. An exception that it throws ends the measurement.</param>
    /// <returns>result[plan][window], in nats per token.</returns>
    double[][] Kl(IReadOnlyList<Plan> plans, TokenWindows windows, IProgress<double>? progress = null);

    /// <summary>The same for a long measurement that may be interrupted: parts that <paramref name="parts"/> holds are not measured again.</summary>
    double[][] Kl(IReadOnlyList<Plan> plans, TokenWindows windows, PartStore parts, IProgress<double>? progress) => Kl(plans, windows, progress);

    /// <summary>The same for plans that several processes measure: those that <paramref name="store"/> holds are not measured again, and of those that it does
    /// not ask for the result is 0. All are measured with the bits that they have together.</summary>
    double[][] Kl(IReadOnlyList<Plan> plans, TokenWindows windows, PlanStore store, IProgress<double>? progress) => Kl(plans, windows, progress);
}
