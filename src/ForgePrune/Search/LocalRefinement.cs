using ForgePrune.Model;
using ForgePrune.Progress;

namespace ForgePrune.Search;

/// <summary>Re-pricing around the current plan. Prices of single replacements in the dense model miss what blocks do to each other; near a
/// plan, prices measured in that plan see it. Each round measures every block moved up and down, solves for the best plan within the
/// region where these prices were taken (a trust region), and moves only if the plan found measures better on all windows.</summary>
/// <param name="priceWindows">Windows for the moves; the decision takes all.</param>
internal sealed class LocalRefinement(BudgetedSpace space, WindowScores scores, int priceWindows)
{
    // The first region reaches a seventh of each block's levels up and down; a failed round shrinks it to a quarter.
    private const double FirstReach = 0.15;
    private const double Shrink = 0.25;

    // The region is also solved at parts of itself: short steps are safer, and one joint call measures all.
    private static readonly double[] Parts = [1, 0.5, 0.25];

    // What pricing takes of a round, about.
    private const double Pricing = 0.75;

    public static RefinementState Start(int[] indices, double[] kl) => new(indices, kl, FirstReach, 0, false);

    /// <summary>One round; <see cref="RefinementState.Done"/> when even single steps bring nothing.</summary>
    /// <param name="progress">Told the share of the round that is done, 0 to 1.</param>
    public RefinementState Round(RefinementState state, IProgress<double> progress)
    {
        var radii = Radii(state.Reach);
        var prices = LocalPrices(state, radii, scores.Telling(progress.Part(0, Pricing)));
        var candidates = new List<(int[] Indices, double Part)>();
        foreach (var part in Parts)
        {
            var choice = PlanSolver.Solve(space.Costs, Within(prices, state.Indices, Radii(state.Reach * part)), space.Cost.Fixed, space.Budget);
            if (choice is null || choice.Indices.SequenceEqual(state.Indices) || candidates.Any(c => c.Indices.SequenceEqual(choice.Indices)))
                continue;
            candidates.Add((choice.Indices, part));
        }
        var kl = scores.Telling(progress.Part(Pricing, 1)).Measure([.. candidates.Select(c => space.Space.PlanOf(c.Indices))], 0, scores.Count);
        var best = candidates.Count == 0 ? -1 : Enumerable.Range(0, candidates.Count).MinBy(i => kl[i].Average());
        if (best >= 0 && kl[best].Average() < state.Kl.Average())
            return new(candidates[best].Indices, kl[best], state.Reach * candidates[best].Part, state.Rounds + 1, false);
        return state with { Reach = state.Reach * Shrink, Rounds = state.Rounds + 1, Done = radii.All(radius => radius == 1) };
    }

    /// <summary>Change of KL for every level within reach: measured at both ends, straight lines to the current level.</summary>
    private double[][] LocalPrices(RefinementState state, int[] radii, WindowScores pricing)
    {
        var moves = new List<(int Item, int Index)>();
        for (var item = 0; item < radii.Length; item++)
        {
            var at = state.Indices[item];
            int[] ends = [Math.Max(at - radii[item], 0), Math.Min(at + radii[item], space.Costs[item].Length - 1)];
            moves.AddRange(ends.Where(end => end != at).Select(end => (item, end)));
        }
        var kl = pricing.Measure([.. moves.Select(move => Moved(state.Indices, move.Item, move.Index))], 0, priceWindows);
        var here = state.Kl.Take(priceWindows).Average();

        var prices = space.Costs.Select(levels => levels.Select(_ => double.PositiveInfinity).ToArray()).ToArray();
        for (var item = 0; item < prices.Length; item++)
            prices[item][state.Indices[item]] = 0;
        for (var move = 0; move < moves.Count; move++)
        {
            var (item, end) = moves[move];
            var at = state.Indices[item];
            var slope = (kl[move].Average() - here) / Math.Abs(end - at);
            for (var index = end; index != at; index += Math.Sign(at - end))
                prices[item][index] = slope * Math.Abs(index - at);
        }
        return prices;
    }

    private Plan Moved(int[] indices, int item, int index)
    {
        var moved = indices.ToArray();
        moved[item] = index;
        return space.Space.PlanOf(moved);
    }

    private int[] Radii(double reach) => [.. space.Costs.Select(levels => Math.Max(1, (int)Math.Round(reach * (levels.Length - 1))))];

    private static double[][] Within(double[][] prices, int[] indices, int[] radii) =>
        [.. prices.Select((levels, item) => levels
            .Select((price, index) => Math.Abs(index - indices[item]) <= radii[item] ? price : double.PositiveInfinity).ToArray())];
}

/// <param name="Indices">The current plan.</param>
/// <param name="Kl">Its KL on every window.</param>
/// <param name="Reach">Share of each block's levels that the next region spans up and down.</param>
internal sealed record RefinementState(int[] Indices, double[] Kl, double Reach, int Rounds, bool Done);
