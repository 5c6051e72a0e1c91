using ForgePrune.Reports;

namespace ForgePrune.Methods.Comparison;

/// <summary>compare.html: the comparison as one page.</summary>
internal static class ComparisonPage
{
    private static readonly (string Name, string Title)[] Charted =
        [(ComparisonRows.Perplexity, "Perplexity"), (ComparisonRows.Kl, "KL to dense, nats per token"), (ComparisonRows.Decode, "Decode speed-up"),
            (ComparisonRows.Prefill, "Prefill speed-up")];

    /// <param name="folder">Of the comparison, with the runs' folders.</param>
    public static string Of(ComparisonFigures figures, string folder, string command)
    {
        var (methods, targets) = (figures.Rows.Select(row => row.Method).Distinct().ToArray(), figures.Rows.Select(row => row.Target).Distinct().ToArray());
        var page = new ReportPage($"{Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(figures.Model)))}: methods compared",
            Lead(figures, methods.Length, targets.Length));
        page.Section("Figures",
            "Means over seeds, ± the sample standard deviation. Speed-ups and seconds are measured; they mean little where other work ran on the machine.");
        foreach (var target in targets)
            page.Table(Table(figures, target));
        var tasks = figures.Rows.SelectMany(row => row.Figures.Keys).Distinct().Where(name => name.Contains(' ', StringComparison.Ordinal)).ToArray();
        page.Section("Charts", "Points are means, whiskers one standard deviation to each side.");
        page.Charts(Charted.Concat(tasks.Take(12).Select(name => (name, name))).Where(chart => figures.Rows.Any(row => row.Figures.ContainsKey(chart.Item1)))
            .Select(chart => Chart(figures, methods, targets, chart.Item1, chart.Item2)));
        ParetoSection.Write(page, figures);
        foreach (var target in targets)
            ComparedRuns.Write(page, target, [.. figures.Runs.Where(run => run.Target == target && run.Summary is not null).DistinctBy(run => run.Method)],
                folder);
        if (tasks.Length > 0)
        {
            page.Section("Tasks", "0-shot, as lm-evaluation-harness defines them.");
            foreach (var target in targets)
                page.Table(Tasks(figures, target, tasks));
        }

        page.Section("How it was made");
        page.Code(command);
        page.Facts(figures.Runs.Where(run => run.Summary is not null).Take(1).SelectMany(
            run => run.Summary!.Versions.Prepend(new("device", run.Summary.Device)))
            .Select(fact => (fact.Key, (string?)fact.Value)).Prepend(("model", figures.Model)));
        return page.ToString();
    }

    private static string Lead(ComparisonFigures figures, int methods, int targets) =>
        $"{methods} methods at {(targets == 1 ? "one target" : $"{targets} targets")}, {figures.Runs.Count} runs"
        + (figures.Rows.Where(row => row.Figures.ContainsKey(ComparisonRows.Kl)).ToArray() is { Length: > 0 } rows
            ? ". Least KL: " + string.Join("; ", rows.GroupBy(row => row.Target).Select(
                group => $"{group.MinBy(row => row.Figures[ComparisonRows.Kl].Mean)!.Method} at {group.Key}")) : "") + ".";

    private static ReportTable Table(ComparisonFigures figures, string target)
    {
        var rows = figures.Rows.Where(row => row.Target == target).ToArray();
        var most = rows.Max(row => row.Figures.GetValueOrDefault(ComparisonRows.Kl)?.Mean) ?? 0;
        var least = rows.Min(row => row.Figures.GetValueOrDefault(ComparisonRows.Kl)?.Mean);
        return new ReportTable($"Target {target}", ["method", "seeds", "KL", "perplexity", "parameters kept", "decode", "prefill", "seconds",
            "trained on, tokens"],
            [.. rows.Select(row => (IReadOnlyList<Cell>)
            [
                row.Fault is null ? row.Method : $"{row.Method}: {row.Fault}", $"{row.Seeds.Count}",
                row.Figures.GetValueOrDefault(ComparisonRows.Kl) is { } kl ? new Cell(SpreadText.Of(kl, "0.0000"), most > 0 ? kl.Mean / most : 0,
                    kl.Mean == least) : "–",
                SpreadText.Of(row, ComparisonRows.Perplexity, "0.000"), Kept(row, figures.Parameters), SpreadText.Of(row, ComparisonRows.Decode, "0.00", "x"),
                SpreadText.Of(row, ComparisonRows.Prefill, "0.00", "x"), SpreadText.Of(row, ComparisonRows.Seconds, "0"),
                row.Figures.TryGetValue(ComparisonRows.Tokens, out var tokens) ? Format.Count((long)tokens.Mean) : "–",
            ])]);
    }

    private static string Kept(ComparisonRow row, long dense) =>
        row.Figures.GetValueOrDefault(ComparisonRows.Parameters) is { } kept ? Format.Share(kept.Mean / dense) : "–";

    private static ReportTable Tasks(ComparisonFigures figures, string target, string[] tasks)
    {
        var rows = figures.Rows.Where(row => row.Target == target).ToArray();
        var dense = (figures.DenseTasks ?? []).SelectMany(task => task.Metrics.Select(metric => (Name: $"{task.Task} {metric.Key}", metric.Value.Value)))
            .GroupBy(task => task.Name).ToDictionary(task => task.Key, task => task.First().Value);
        return new ReportTable($"Tasks at target {target}", ["task", "dense", .. rows.Select(row => row.Method)],
            [.. tasks.Select(task => (IReadOnlyList<Cell>)
                [task, dense.TryGetValue(task, out var value) ? SpreadText.Number(value, "0.0000") : "–",
                    .. rows.Select(row => (Cell)SpreadText.Of(row, task, "0.0000"))])]);
    }

    private static Chart Chart(ComparisonFigures figures, string[] methods, string[] targets, string name, string title)
    {
        ChartSeries Series(string method)
        {
            Spread?[] spreads = [.. targets.Select(target => figures.Rows.FirstOrDefault(row => row.Method == method && row.Target == target)?.Figures
                .GetValueOrDefault(name))];
            return new ChartSeries(method, [.. spreads.Select(spread => spread?.Mean)],
                [.. spreads.Select(spread => spread?.Mean - (spread?.Deviation ?? 0))], [.. spreads.Select(spread => spread?.Mean + (spread?.Deviation ?? 0))]);
        }

        ChartSeries[] series = [.. methods.Select(Series)];
        return new Chart(title, ChartKind.Intervals, targets, "target", "", series,
            $"{title} by method and target: {string.Join("; ", series.Select(one => $"{one.Name} {string.Join(", ", one.Values.Select(value => value is { } v ? Format.Number(v, "0.###") : "none"))}"))}");
    }
}
