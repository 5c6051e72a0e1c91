using ForgePrune.Errors;
using ForgePrune.IO;

namespace ForgePrune.Pipeline.Resources;

/// <summary>Which whole models a run may load into ONNX Runtime, by the memory that it is allowed.</summary>
internal static class ServingMemory
{
    public static bool Fits(PruneSettings settings, params ReadOnlySpan<long> weights) => RunMemory.Served(weights) <= settings.Memory;

    public static bool SideBySide(RunContext run, long dense, long pruned) =>
        RunMemory.Served(dense, pruned) <= Math.Min(run.Sizes.Served, RunMemory.ServedTogether(run.Settings.Memory));

    /// <summary>A speed is promised by measurement only, so a model too large to be timed can have no such target.</summary>
    /// <exception cref="BadInputException">It has.</exception>
    public static void RequireTimed(PruneSettings settings, long weights)
    {
        if (settings.Target.Metric.IsLatency() && !Fits(settings, weights))
        {
            throw new BadInputException(
                $"`Target.Metric` {settings.Target.Metric.ToString().ToLowerInvariant()} needs the model timed, which takes {Need(settings, weights)}; raise `Memory` or take `Target.Metric` parameters");
        }
    }

    /// <summary>Text that the model writes itself needs the whole model loaded.</summary>
    /// <exception cref="BadInputException">It does not fit.</exception>
    public static void RequireWriting(PruneSettings settings, long weights)
    {
        if (!Fits(settings, weights))
        {
            throw new BadInputException(
                $"`Calibration` self needs the model to write text, which takes {Need(settings, weights)}; raise `Memory` or give a text with `Calibration`");
        }
    }

    /// <summary>What is said where a step is left out.</summary>
    public static string Skipped(PruneSettings settings, string step, long weights) => $"{step} is skipped: it takes {Need(settings, weights)} (`Memory`)";

    public static string Need(PruneSettings settings, long weights) =>
        $"{Bytes.Show(RunMemory.Served(weights))} where {Bytes.Show(settings.Memory)} are allowed";
}
