using ForgePrune.Pipeline.Summary;
using ForgePrune.Reports;
using ForgePrune.Serving;

namespace ForgePrune.Pipeline.Report;

/// <summary>What the latency table promised, and what whole models timed in turn gave.</summary>
internal static class SpeedSection
{
    public static void Write(ReportPage page, RunSummary summary, Workload workload)
    {
        if (summary.Speedup is not { } speedup)
        {
            page.Section("Speed", "The models were too large for the memory allowed, so they were not timed.");
            return;
        }

        page.Section("Speed",
            $"Dense over pruned time of whole models run in turn on {Place(summary)}: {Of(workload.Batch, "request")}, prompt of {Of(workload.Prompt, "token")}, decode step with {Of(workload.Context, "token")} in the cache.");
        (string Name, RatioSummary Ratio)[] phases = [("prefill", speedup.Prefill), ("decode", speedup.Decode)];
        page.Charts(new Chart("Speed-up by phase", ChartKind.Intervals, [.. phases.Select(phase => phase.Name)], "", "dense / pruned",
        [
            new("measured, 95 % interval", [.. phases.Select(phase => (double?)phase.Ratio.Measured)],
                [.. phases.Select(phase => (double?)phase.Ratio.Low)], [.. phases.Select(phase => (double?)phase.Ratio.High)]),
            .. phases.Any(phase => phase.Ratio.Predicted is not null) ? [new ChartSeries("predicted", [.. phases.Select(phase => phase.Ratio.Predicted)])]
                : Array.Empty<ChartSeries>(),
        ],
            string.Join("; ", phases.Select(phase => $"{phase.Name} {Format.Ratio(phase.Ratio.Measured)}, {Format.Ratio(phase.Ratio.Low)} to {Format.Ratio(phase.Ratio.High)}"))));
        page.Table(new ReportTable("Speed-up: predicted from the latency table and measured", ["phase", "predicted", "measured", "95 % low", "95 % high"],
            [.. phases.Select(phase => (IReadOnlyList<Cell>)
            [
                phase.Name, phase.Ratio.Predicted is { } predicted ? Format.Ratio(predicted) : "–",
                new Cell(Format.Ratio(phase.Ratio.Measured), Strong: true), Format.Ratio(phase.Ratio.Low), Format.Ratio(phase.Ratio.High),
            ])]));
    }

    private static string Place(RunSummary summary) => summary.Provider == ServingProvider.Cpu.Name ? summary.Device : summary.Provider;

    private static string Of(int count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";
}
