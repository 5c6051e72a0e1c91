using ForgePrune.Tokens;

namespace ForgePrune.Search;

/// <summary>Measures what plans cost: KL(dense ‖ pruned) in nats per token.</summary>
public interface IPlanEvaluator
{
    /// <summary>Mean KL of every plan on every window: result[plan][window]. Plans that begin alike share that work.</summary>
    /// <param name="progress">Told the share that is done, 0 to 1, from this thread; what it throws ends the measuring.</param>
    double[][] Kl(IReadOnlyList<Plan> plans, TokenWindows windows, IProgress<double>? progress = null);
}
