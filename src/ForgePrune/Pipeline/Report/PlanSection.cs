using ForgePrune.Pipeline.Stages;
using ForgePrune.Reports;

namespace ForgePrune.Pipeline.Report;

/// <summary>The plans that were measured on the way to the chosen one, before the refit and after it.</summary>
internal static class PlanSection
{
    public static void Write(ReportPage page, PlanFile plan, ContestFile? contest, Metric metric)
    {
        var contenders = contest?.Contenders ?? [];
        var names = plan.Stages.Select(stage => stage.Name).Concat(contenders.Select(contender => contender.Name)).Distinct().ToArray();
        var mostSearch = plan.Stages.Max(stage => stage.Kl) ?? 0;
        var mostRefit = contenders.Select(contender => contender.Kl).DefaultIfEmpty().Max();
        page.Section("Plans compared",
            $"Each plan keeps at most {Format.Share(plan.Budget / plan.Dense)} of the dense model's {Counted(metric)}. KL is in nats per token; less is better. "
            + "The search sees plans before the final refit; the contest refits them. Both measure on text that nothing was fitted to; beside it stands what the "
            + "chosen plan gives on the text of its fit, which always looks better.");
        page.Table(new ReportTable("Plans", ["plan", "cost of dense", "KL, search", "KL on the text of the fit", "KL, refitted", "chosen"],
            [.. names.Select(Row)]));
        if (contenders.FirstOrDefault(contender => contender.Name == contest!.Chosen) is { Blocks: { Count: > 0 } blocks } winner)
        {
            page.Table(new ReportTable(
                winner.Refitted
                    ? $"The refit, chosen block by block on other text than its own: KL {Format.Number(winner.Before)} before, {Format.Number(winner.Kl)} after"
                    : $"The refit was left out: KL {Format.Number(winner.Before)} without it was not beaten",
                ["block", "map before it, damping", "output, damping"],
                [.. blocks.Select(block => (IReadOnlyList<Cell>)[block.Block, Fraction(block.Input, "none"),
                    block.Experts is { } experts ? Experts(experts) : Fraction(block.Output, "as its level")])]));
        }

        if (plan.Curve is { Count: > 1 } curve)
        {
            page.Charts(new Chart("Evolution", ChartKind.Line, [.. curve.Select((_, i) => $"{i}")], "generation", "KL of the best plan",
                [new("KL, search", [.. curve.Select(value => (double?)value)])],
                $"KL of the best plan over {curve.Count - 1} generations of evolution, from {Format.Number(curve[0])} to {Format.Number(curve[^1])}"));
            page.Table(new ReportTable("Evolution: KL of the best plan at the start and where it fell", ["generation", "KL, search"],
                [.. curve.Select((value, i) => (Value: value, Generation: i)).Where(point => point.Generation == 0 || point.Value < curve[point.Generation - 1]
                    || point.Generation == curve.Count - 1)
                    .Select(point => (IReadOnlyList<Cell>)[$"{point.Generation}", Format.Number(point.Value)])]));
        }

        IReadOnlyList<Cell> Row(string name)
        {
            var stage = plan.Stages.FirstOrDefault(stage => stage.Name == name);
            var contender = contenders.FirstOrDefault(contender => contender.Name == name);
            var chosen = contest is null ? stage!.Layers.SequenceEqual(plan.Layers) : contest.Chosen == name;
            return
            [
                name, Format.Share((stage?.Cost ?? contender!.Cost) / plan.Dense),
                stage?.Kl is { } kl ? new Cell(Format.Number(kl), mostSearch > 0 ? kl / mostSearch : 0) : "–",
                stage?.KlFitting is { } fitting ? new Cell(Format.Number(fitting), mostSearch > 0 ? fitting / mostSearch : 0) : "–",
                contender is null ? "–" : new Cell(Format.Number(contender.Kl), mostRefit > 0 ? contender.Kl / mostRefit : 0, chosen),
                chosen ? "yes" : "",
            ];
        }
    }

    /// <summary>How many experts of a block were refitted, and why the others were not.</summary>
    private static string Experts(IReadOnlyList<FittedExpert> experts)
    {
        double[] fitted = [.. experts.Select(expert => expert.Output).OfType<double>().Distinct().Order()];
        var few = experts.Count(expert => expert.Few);
        var better = experts.Count(expert => expert.Output is null && !expert.Few);
        string[] parts =
        [
            $"{experts.Count(expert => expert.Output is not null)} of {experts.Count} experts"
                + (fitted.Length == 0 ? "" : " at " + string.Join(" to ", fitted.Take(1).Concat(fitted.Skip(1).TakeLast(1))
                    .Select(value => Format.Number(value, "0.###")))),
            .. few > 0 ? new[] { $"{few} as their level, which few tokens pass" } : [],
            .. better > 0 ? new[] { $"{better} as their level, which is better" } : [],
        ];
        return string.Join("; ", parts);
    }

    private static Cell Fraction(double? damping, string none) => damping is { } fraction ? Format.Number(fraction, "0.###") : none;

    private static string Counted(Metric metric) => metric switch
    {
        Metric.Prefill => "prefill time",
        Metric.Decode => "decode time",
        Metric.Mix => "time of prefill and decode",
        Metric.Prunable => "prunable parameters",
        _ => metric.ToString().ToLowerInvariant(),
    };
}
