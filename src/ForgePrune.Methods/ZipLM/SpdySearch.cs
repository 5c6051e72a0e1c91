using ForgePrune.Search;
using ForgePrune.Search.Costs;

namespace ForgePrune.Methods.ZipLM;

/// <summary>The search of SPDY and ZipLM: each block's relative error at every level is its prior, a factor per block scales it, exact
/// dynamic programming gives the best plan for those factors, and the factors are searched by what their plans measure.</summary>
/// <param name="priors">[item][index]: ‖Ŵ X − W X‖ / ‖W X‖ of each level, 0 for dense and 1 for nothing kept.</param>
internal sealed class SpdySearch(BudgetedSpace space, double[][] priors, WindowScores scores, SearchEffort effort)
{
    // A tenth of the factors move at first, one at the end.
    private const double FirstShare = 0.1;

    /// <returns>First the plan of the priors alone, then the best found.</returns>
    public IReadOnlyList<MeasuredPlan> Run(ulong seed, IProgress<SearchProgress>? report = null, CancellationToken stop = default)
    {
        var random = new SearchRandom(seed);
        var rounds = effort.Generations;
        var seen = new HashSet<ulong>();
        var ones = Enumerable.Repeat(1.0, space.Space.Items).ToArray();
        var start = Best([ones], seen)!.Value;
        var best = start;
        for (var round = 0; round < rounds; round++)
        {
            stop.ThrowIfCancellationRequested();
            report?.Report(new("factors", round, rounds, best.Plan.Kl));
            var moved = Math.Max(1, (int)Math.Round(FirstShare * ones.Length * (rounds - round) / rounds));
            // The first round looks everywhere, as SPDY does, before the others move around the best.
            var tried = Enumerable.Range(0, effort.Offspring).Select(_ => Resampled(best.Factors, round == 0 ? ones.Length : moved, random)).ToArray();
            if (Best(tried, seen) is { } found && found.Plan.Kl < best.Plan.Kl)
                best = found;
        }

        report?.Report(new("factors", Math.Max(1, rounds), Math.Max(1, rounds), best.Plan.Kl));
        return ReferenceEquals(best.Plan, start.Plan) ? [start.Plan] : [start.Plan, best.Plan with { Name = "searched factors" }];
    }

    private (double[] Factors, MeasuredPlan Plan)? Best(double[][] factors, HashSet<ulong> seen)
    {
        var fresh = factors.Select(values => (Factors: values, Indices: Solved(values))).Where(one => seen.Add(LevelSwitch.Key(one.Indices))).ToArray();
        if (fresh.Length == 0)
            return null;
        var plans = fresh.Select(one => space.Space.PlanOf(one.Indices)).ToArray();
        var kl = scores.Measure(plans, 0, scores.Count);
        var best = Enumerable.Range(0, fresh.Length).MinBy(i => kl[i].Average());
        return (fresh[best].Factors, new MeasuredPlan("layer-wise priors", plans[best], fresh[best].Indices, space.Cost.Of(plans[best]), kl[best]));
    }

    private int[] Solved(double[] factors)
    {
        var prices = priors.Select((levels, item) => levels.Select(prior => factors[item] * prior).ToArray()).ToArray();
        var indices = space.Solve(prices).Indices.ToArray();
        // Factors near zero leave levels that cost nothing more in price.
        space.Repair(prices).Fill(indices, space.Budget, new HashSet<int>());
        return indices;
    }

    private static double[] Resampled(double[] factors, int count, SearchRandom random)
    {
        var moved = factors.ToArray();
        for (var draw = 0; draw < count; draw++)
            moved[count == moved.Length ? draw : random.Below(moved.Length)] = (random.NextWord() >> 11) * (1.0 / (1L << 53));
        return moved;
    }
}
