using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Search;

/// <summary>Measures what plans cost: KL(dense ‖ pruned) in nats per token.</summary>
public interface IPlanEvaluator
{
    /// <summary>Mean KL of every plan on every window: result[plan][window]. Plans that begin alike share that work.</summary>
    /// <param name="progress">Told the share that is done, 0 to 1, from this thread; what it throws ends the measuring.</param>
    double[][] Kl(IReadOnlyList<Plan> plans, TokenWindows windows, IProgress<double>? progress = null);

    /// <summary>The same, for a call so long that it may be broken off: what <paramref name="parts"/> hold is not measured again.</summary>
    double[][] Kl(IReadOnlyList<Plan> plans, TokenWindows windows, PartStore parts, IProgress<double>? progress) => Kl(plans, windows, progress);
}
