using ForgePrune.Reports;

namespace ForgePrune.Methods.Comparison;

/// <summary>Quality against measured latency: which rows no other row beats in both.</summary>
internal static class ParetoSection
{
    public static void Write(ReportPage page, ComparisonFigures figures)
    {
        (string Name, string Title)[] phases = [(ComparisonRows.Decode, "decode"), (ComparisonRows.Prefill, "prefill")];
        var known = phases.Where(phase => Points(figures, phase.Name).Length > 0).ToArray();
        if (known.Length == 0)
            return;
        page.Section("Quality against measured speed",
            "Each point is a method at a target, means over seeds. The line joins those that no other one beats in both KL and speed.");
        page.Charts(known.Select(phase => Chart(Points(figures, phase.Name), phase.Title)));
        foreach (var (name, title) in known)
        {
            page.Table(new ReportTable($"Not beaten in both KL and {title} speed", ["method and target", "KL", $"{title} speed-up"],
                [.. Front(Points(figures, name)).Select(point => (IReadOnlyList<Cell>)
                    [$"{point.Row.Method} at {point.Row.Target}", SpreadText.Number(point.Kl, "0.0000"), Format.Number(point.Speed, "0.00") + "x"])]));
        }
    }

    /// <summary>The points that are alone in being so good: from the slowest, whose KL is least, to the fastest.</summary>
    internal static IReadOnlyList<Point> Front(IEnumerable<Point> points)
    {
        var front = new List<Point>();
        foreach (var point in points.OrderByDescending(point => point.Speed).ThenBy(point => point.Kl))
        {
            if (front.Count == 0 || point.Kl < front[^1].Kl)
                front.Add(point);
        }

        front.Reverse();
        return front;
    }

    internal readonly record struct Point(ComparisonRow Row, double Speed, double Kl);

    private static Point[] Points(ComparisonFigures figures, string phase) =>
        [.. figures.Rows.Where(row => row.Figures.ContainsKey(phase) && row.Figures.ContainsKey(ComparisonRows.Kl))
            .Select(row => new Point(row, row.Figures[phase].Mean, row.Figures[ComparisonRows.Kl].Mean))];

    private static Chart Chart(Point[] points, string phase)
    {
        var front = Front(points);
        return new Chart($"KL against {phase} speed-up", ChartKind.Points, [], $"{phase} speed-up, measured", "KL, nats per token",
            [.. points.GroupBy(point => point.Row.Method).Select(method => Series(method.Key, [.. method.OrderBy(point => point.Speed)])),
                Series("not beaten", front) with { Joined = true }],
            $"Not beaten in both: {string.Join(", ", front.Select(point => $"{point.Row.Method} at {point.Row.Target}"))}");
    }

    private static ChartSeries Series(string name, IReadOnlyList<Point> points) =>
        new(name, [.. points.Select(point => (double?)point.Kl)], At: [.. points.Select(point => point.Speed)]);
}
