using ForgePrune.Pipeline.Report;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Reports;

namespace ForgePrune.Methods.Comparison;

/// <summary>How the runs of one target differ inside: shapes, searches, trainings and what the models write. One run of each method speaks for it.</summary>
internal static class ComparedRuns
{
    /// <param name="runs">One of each method, with its summary.</param>
    public static void Write(ReportPage page, string target, ComparedRun[] runs, string folder)
    {
        if (runs.Length == 0)
            return;
        var seeds = string.Join(", ", runs.Select(run => run.Seed).Distinct());
        page.Section($"Inside the runs, target {target}", $"One run of each method, seed {seeds}.");
        RunTrace[] traces = [.. runs.Select(run => RunTrace.Read(Path.Combine(folder, run.Folder)))];
        page.Charts(
        [
            Shapes("FFN channels kept", "channels", layer => layer.Ffn), Shapes("Query heads kept", "heads", layer => layer.QueryHeads),
            .. Curves("Search: KL of evolution's best plan", "generation", (_, trace) => trace.SearchCurve?.Select((kl, i) => ((double)i, kl))),
            .. Curves("Loss of training after the refit", "tokens", (run, _) => run.Summary!.Recovery?.Curve?.Select(
                point => ((double)point.Tokens, point.Loss))),
        ]);
        page.Table(new ReportTable("Query heads and FFN channels of each layer", ["method", .. runs[0].Summary!.Layers.Select((_, i) => $"layer {i}")],
            [.. runs.Select(run => (IReadOnlyList<Cell>)[run.Method, .. run.Summary!.Layers.Select(layer => (Cell)$"{layer.QueryHeads} · {layer.Ffn}")])]));
        if (runs.Any(run => run.Summary!.Recovery is not null))
        {
            page.Table(new ReportTable("Training after the refit, on held-out text", ["method", "tokens", "KL before", "KL after", "seconds"],
                [.. runs.Select(run => Training(run.Method, run.Summary!.Recovery))]));
        }

        Samples(page, runs, traces);

        Chart Shapes(string title, string unit, Func<LayerSummary, int> kept) => new(
            title, ChartKind.Lines, [], "layer", unit,
            [.. runs.Select(run => new ChartSeries(run.Method, [.. run.Summary!.Layers.Select(layer => (double?)kept(layer))],
                At: [.. run.Summary!.Layers.Select((_, i) => (double)i)]))],
            $"{title} by layer: {string.Join("; ", runs.Select(run => $"{run.Method} {string.Join(", ", run.Summary!.Layers.Select(kept))}"))}");

        IEnumerable<Chart> Curves(string title, string across, Func<ComparedRun, RunTrace, IEnumerable<(double At, double Value)>?> points)
        {
            var curves = runs.Zip(traces, (run, trace) => (run.Method, Points: points(run, trace)?.ToArray() ?? [])).Where(curve => curve.Points.Length > 1)
                .ToArray();
            if (curves.Length > 0)
            {
                yield return new Chart(title, ChartKind.Lines, [], across, "nats per token",
                    [.. curves.Select(curve => new ChartSeries(curve.Method, [.. curve.Points.Select(point => (double?)point.Value)],
                        At: [.. curve.Points.Select(point => point.At)]))],
                    $"{title}: {string.Join("; ", curves.Select(curve => $"{curve.Method} from {Kl(curve.Points[0].Value)} to {Kl(curve.Points[^1].Value)}"))}");
            }
        }
    }

    private static IReadOnlyList<Cell> Training(string method, RecoverySummary? recovery) => recovery is null
        ? [method, "–", "–", "–", "–"]
        : [method, Format.Count(recovery.Tokens), Kl(recovery.KlBefore), Kl(recovery.KlAfter), Format.Number(recovery.Seconds, "0")];

    /// <summary>What every model makes of the same beginning.</summary>
    private static void Samples(ReportPage page, ComparedRun[] runs, RunTrace[] traces)
    {
        var texts = runs.Zip(traces, (run, trace) => (run.Method, Sample: trace.Samples?.FirstOrDefault())).Where(text => text.Sample is not null).ToArray();
        if (texts.Length == 0)
            return;
        foreach (var group in texts.GroupBy(text => (text.Sample!.Prompt, text.Sample.Dense)))
        {
            page.Quote("beginning", group.Key.Prompt);
            page.Quote("dense", group.Key.Dense);
            foreach (var (method, sample) in group)
                page.Quote(method, sample!.Pruned);
        }
    }

    private static string Kl(double value) => SpreadText.Number(value, "0.0000");
}
