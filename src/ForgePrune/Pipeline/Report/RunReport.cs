using System.Globalization;
using ForgePrune.IO;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Reports;

namespace ForgePrune.Pipeline.Report;

/// <summary>report.html: a run as a page for people, self-contained. Everything in it stands in the run's files as well.</summary>
internal static class RunReport
{
    public static void Write(RunContext run, RunSummary summary, PlanFile plan, ContestFile? contest, SampleFile? samples)
    {
        var page = new ReportPage($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(run.Settings.Model)))}, pruned", Lead(summary));
        page.Headline(
        [
            ("parameters kept", Share(summary.Parameters), $"{Format.Count(summary.Parameters.After)} of {Format.Count(summary.Parameters.Before)}"),
            .. summary.Speedup is { } speedup ? [Speed("decode", speedup.Decode), Speed("prefill", speedup.Prefill)] : Array.Empty<(string, string, string)>(),
            ("perplexity", Number(summary.Perplexity.Pruned), $"dense {Number(summary.Perplexity.Dense)}"),
            ("KL, nats per token", Number(summary.Kl), "dense ‖ pruned"),
        ]);
        LayerSection.Write(page, run.Dense.Config, summary);
        SpeedSection.Write(page, summary, run.Settings.Workload);
        PlanSection.Write(page, plan, contest, run.Settings.Target.Metric);
        TrainingSection.Write(page, summary);
        QuantizedSection.Write(page, summary);
        RuntimeSection.Write(page, run, summary);
        Samples(page, samples);
        Time(page, summary);
        Origin(page, run, summary);
        AtomicFile.WriteText(run.Folder.ReportPath, page.ToString());
    }

    public static ContestFile? Contest(RunContext run, int attempt) => ContestFile.Json.Find(run.Folder.StageFolder(RefitSelection.NameOf(attempt)));

    public static string Number(double value) => value.ToString(Math.Abs(value) >= 100 ? "0.0" : "0.000", CultureInfo.InvariantCulture);

    private static string Share(BeforeAfter count) => Format.Share((double)count.After / count.Before);

    private static string Lead(RunSummary summary) =>
        $"{Share(summary.Parameters)} of the parameters stay; "
        + (summary.Speedup is { Decode: var decode }
            ? $"a decode step of the dense model takes {Format.Ratio(decode.Measured)} as long ({Format.Ratio(decode.Low)} to {Format.Ratio(decode.High)}); " : "")
        + $"perplexity goes from {Number(summary.Perplexity.Dense)} to {Number(summary.Perplexity.Pruned)}.";

    private static (string, string, string) Speed(string phase, RatioSummary ratio) =>
        ($"{phase} speed-up", Format.Ratio(ratio.Measured), $"95 %: {Format.Ratio(ratio.Low)} to {Format.Ratio(ratio.High)}");

    private static void Samples(ReportPage page, SampleFile? samples)
    {
        if (samples is null)
            return;
        page.Section("Sample texts", "Both models go on from the beginning of an evaluation text, always with the likeliest token.");
        foreach (var sample in samples.Samples)
        {
            page.Quote("beginning", sample.Prompt);
            page.Quote("dense", sample.Dense);
            page.Quote("pruned", sample.Pruned);
        }
    }

    private static void Time(ReportPage page, RunSummary summary)
    {
        var (total, longest) = (summary.Seconds.Values.Sum(), summary.Seconds.Values.DefaultIfEmpty().Max());
        page.Section("Time", $"{Seconds(total)} of work in all. A stage that was reused keeps the time of its own run.");
        page.Table(new ReportTable("Seconds of each stage", ["stage", "seconds", "share"],
            [.. summary.Seconds.OrderByDescending(stage => stage.Value).Select(stage => (IReadOnlyList<Cell>)
                [stage.Key, new Cell(Seconds(stage.Value), longest > 0 ? stage.Value / longest : 0), total > 0 ? Format.Share(stage.Value / total) : "–"])]));
    }

    private static void Origin(ReportPage page, RunContext run, RunSummary summary)
    {
        var settings = run.Settings;
        page.Section("How it was made");
        if (settings.Command is { } command)
            page.Code(command);
        page.Facts(
        [
            ("model", settings.Model),
            ("target", settings.Target.Metric.IsLatency() ? $"{Format.Ratio(1 / settings.Target.Share)} {Metric(settings)}"
                : $"{Format.Share(settings.Target.Share)} of {Metric(settings)}"),
            ("method", settings.Method.Name),
            ("seed", settings.Seed.ToString(CultureInfo.InvariantCulture)),
            ("calibration", $"{settings.Calibration ?? "sampled from the dense model"}, {Format.Count(run.Tokens)} tokens in windows of {Format.Count(settings.Window)}"),
            ("evaluation", settings.Evaluation ?? "the part of the calibration text that nothing was fitted to or chosen by"),
            ("device", summary.Device),
            ("exports ran on", summary.Provider),
            .. (summary.RaisedDamping ?? []).Select(raised => ("damping", (string?)$"{raised}")),
            .. summary.Versions.Select(version => (version.Key, (string?)version.Value)),
            ("manifest", summary.Manifest),
        ]);
    }

    private static string Metric(PruneSettings settings) => settings.Target.Metric.ToString().ToLowerInvariant();

    private static string Seconds(double seconds) => seconds.ToString(seconds < 10 ? "0.0" : "0", CultureInfo.InvariantCulture) + " s";
}
