using ForgePrune.Errors;
using ForgePrune.Runs;
using ForgePrune.Search.Costs;

namespace ForgePrune.Onnx.Pipeline;

/// <summary>How much memory whole models take in ONNX Runtime, and what a run may therefore load.</summary>
internal static class Serving
{
    /// <summary>Beside the weights: the process itself, KV caches and one window's activations and logits.</summary>
    private const long Beside = 512L << 20;

    /// <summary>Models are timed side by side up to this: their turns then meet the same machine. Larger ones take turns in memory too.</summary>
    private const long Together = 2L << 30;

    /// <summary>Resident bytes while models with these weights are loaded.</summary>
    public static long Need(params long[] weights) => Beside + weights.Sum();

    public static bool Fits(PruneSettings settings, params long[] weights) => Need(weights) <= settings.Memory;

    public static bool SideBySide(PruneSettings settings, long dense, long pruned) => dense + pruned <= Together && Fits(settings, dense, pruned);

    /// <summary>A speed is promised by measurement only, so a model too large to be timed can have no such target.</summary>
    /// <exception cref="BadInputException">It has.</exception>
    public static void RequireTimed(PruneSettings settings, long weights)
    {
        if (settings.Target.Metric.IsLatency() && !Fits(settings, weights))
        {
            throw new BadInputException(
                $"--metric {settings.Target.Metric.ToString().ToLowerInvariant()} needs the model timed, which takes {Bytes.Show(Need(weights))} where {Bytes.Show(settings.Memory)} are allowed; raise --memory or take --metric parameters");
        }
    }

    /// <summary>What is said where a step is left out.</summary>
    public static string Skipped(PruneSettings settings, string step, long weights) =>
        $"{step} is skipped: the model needs {Bytes.Show(Need(weights))} in ONNX Runtime where {Bytes.Show(settings.Memory)} are allowed (--memory)";
}
