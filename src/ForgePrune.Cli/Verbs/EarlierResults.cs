using ForgePrune.Methods;
using ForgePrune.Pipeline;
using ForgePrune.Search.Costs;

namespace ForgePrune.Cli.Verbs;

/// <summary>A run keeps what an earlier call left in its folder, so that going back to that call is quick. Nobody should take it for a result of this
/// one.</summary>
internal static class EarlierResults
{
    /// <returns>One sentence; null where every result belongs to this call.</returns>
    public static string? Note(PruneSettings settings)
    {
        string[] names =
        [
            .. Directory.EnumerateDirectories(settings.Out).Select(folder => Path.GetFileName(folder)!)
                .Where(name => !Made(settings, name)).Order(StringComparer.Ordinal),
        ];
        return names.Length == 0 ? null
            : $"{settings.Out} also holds results of an earlier call, which this one did not ask for: {string.Join(", ", names)}; "
                + "summary.json and report.html tell of this call alone";
    }

    /// <summary>Whether a call with these settings makes, or does not rule out, the result of that name.</summary>
    private static bool Made(PruneSettings settings, string name)
    {
        var method = MethodCatalog.Find(settings.Method);
        return name.Split('-') switch
        {
            ["onnx" or "quantized", var format] => format == settings.Quantize?.Name,
            ["recover"] => settings.Recovery is not null && method.Plan != PlanRule.Interleaved,
            ["regularize", _] => method.Regularizes,
            ["taylor"] => method.Removal == RemovalRule.Taylor && method.Plan != PlanRule.Interleaved,
            ["continuations"] => settings.Continuations > 0,
            ["latency"] => settings.Target.Metric.IsLatency(),
            _ => true,
        };
    }
}
