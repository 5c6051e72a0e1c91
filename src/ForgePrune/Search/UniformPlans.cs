using ForgePrune.Model;
using ForgePrune.Search.Costs;

namespace ForgePrune.Search;

/// <summary>Plans whose layers are all alike.</summary>
internal static class UniformPlans
{
    /// <summary>As many of the best are returned, for a contest of refits.</summary>
    public const int Survivors = 4;

    /// <summary>The best of the plans that are the widest within the budget, by measured divergence, the least first.</summary>
    /// <param name="few">Windows on which all are measured, to choose those that are measured on all windows.</param>
    public static IReadOnlyList<MeasuredPlan> Best(BudgetedSpace space, WindowScores scores, int few, IProgress<SearchProgress>? progress = null)
    {
        const string stage = "uniform plans";
        IReadOnlyList<Plan> plans = space.Space.Experts is { } grid ? Widest(space, grid) : [.. Widest(space).Select(indices => space.Space.PlanOf(indices))];
        progress?.Report(new(stage, 0, 2, null));
        if (plans.Count > Survivors && few < scores.Count)
            plans = [.. Measure(plans, few).Zip(plans).OrderBy(one => one.First.Average()).Take(Survivors).Select(one => one.Second)];
        progress?.Report(new(stage, 1, 2, null));
        MeasuredPlan[] best = [.. Measure(plans, scores.Count).Zip(plans, Named).OrderBy(plan => plan.Kl).Take(Survivors)];
        progress?.Report(new(stage, 2, 2, best[0].Kl));
        return best;

        double[][] Measure(IReadOnlyList<Plan> some, int windows) => scores.Measure([.. some], 0, windows);

        MeasuredPlan Named(double[] kl, Plan plan) => new(NameOf(plan, space.Space.Experts), plan, space.Space.IndicesOf(plan) ?? [], space.Cost.Of(plan), kl);
    }

    /// <summary>For every attention level and every number of experts the widest experts with which a plan of nothing else fits the budget.</summary>
    /// <param name="space">A space whose layers offer the same levels.</param>
    /// <returns>The plan with the most attention first, and of its plans the one with the most experts.</returns>
    public static IReadOnlyList<Plan> Widest(BudgetedSpace space, ExpertGrid grid) =>
    [
        .. space.Space.Offered[0].Attention.SelectMany(attention => grid.Counts.Select(count => grid.Widths
            .Select(width => new Plan([.. Enumerable.Repeat(grid.Shape(attention, count, width), space.Space.Offered.Count)]))
            .FirstOrDefault(plan => space.Cost.Of(plan) <= space.Budget))).OfType<Plan>(),
    ];

    /// <summary>For every attention level the widest FFN with which a plan of nothing else fits the budget. Every other uniform plan within the
    /// budget keeps a part of one of these.</summary>
    /// <param name="space">A space whose layers offer the same levels.</param>
    /// <returns>The level index of each item, the plan with the most attention first.</returns>
    public static IReadOnlyList<int[]> Widest(BudgetedSpace space)
    {
        var offered = space.Space.Offered;
        if (offered.Any(layer => !layer.Attention.SequenceEqual(offered[0].Attention) || !layer.Ffn.SequenceEqual(offered[0].Ffn)))
            throw new ArgumentException("layers offer different levels", nameof(space));
        var plans = new List<int[]>();
        for (var attention = 0; attention < offered[0].Attention.Count; attention++)
        {
            var widest = Enumerable.Range(0, offered[0].Ffn.Count).Select(ffn => Indices(attention, ffn)).FirstOrDefault(
                indices => space.Cost.Of(space.Space.PlanOf(indices)) <= space.Budget);
            if (widest is not null)
                plans.Add(widest);
        }

        return plans;

        int[] Indices(int attention, int ffn) => [.. Enumerable.Range(0, space.Space.Items).Select(item => item % 2 == 0 ? attention : ffn)];
    }

    private static string NameOf(Plan plan, ExpertGrid? grid)
    {
        var (shape, width) = (plan.Layers[0], plan.Layers[0].ExpertWidth > 0 ? plan.Layers[0].ExpertWidth : grid?.Widths[0]);
        return FormattableString.Invariant($"uniform: {shape.KvHeads} KV groups, {shape.QueryHeads} heads, ")
            + (width is { } channels ? FormattableString.Invariant($"{shape.Ffn / channels} experts of {channels} channels")
                : FormattableString.Invariant($"{shape.Ffn} channels"));
    }
}
