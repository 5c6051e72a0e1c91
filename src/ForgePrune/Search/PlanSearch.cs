using ForgePrune.Search.Costs;
using ForgePrune.Tokens;

namespace ForgePrune.Search;

/// <summary>The whole search: measured prices, exact plan for them, refinement around it, evolution. The uniform plan is measured beside.</summary>
/// <param name="folder">Where to keep the state; null keeps none.</param>
public sealed class PlanSearch(
    BudgetedSpace space,
    IPlanEvaluator evaluator,
    TokenWindows windows,
    SearchEffort effort,
    SearchFolder? folder = null,
    IProgress<SearchProgress>? progress = null)
{
    private readonly WindowScores scores = new(evaluator, windows.Slice(0, effort.Windows));

    /// <param name="loss">Known layer loss at a width, for the prices between measured ones; null interpolates straight.</param>
    public SearchResult Run(ulong seed, Func<int, int, double>? loss = null, CancellationToken cancel = default)
    {
        space.RequireWithinReach();
        var measured = Prices();
        cancel.ThrowIfCancellationRequested();
        var table = PriceTable.From(measured, space.Space, loss);
        var stages = new List<MeasuredPlan>();
        if (UniformPlan.Within(space.Space, space.Cost, space.Budget) is { } uniform)
            stages.Add(Measure("uniform", uniform));
        var solved = space.Solve(table.Prices);
        stages.Add(Measure("dynamic programming", Filled(solved.Indices, table.Prices)));
        progress?.Report(new("dynamic programming", 1, 1, stages[^1].Kl));
        cancel.ThrowIfCancellationRequested();

        stages.Add(Refined(stages.MinBy(stage => stage.Kl)!, cancel));
        if (effort.Generations > 0)
            stages.Add(Evolved(stages.MinBy(stage => stage.Kl)!, table.Prices, seed, cancel));
        return new(stages.MinBy(stage => stage.Kl)!, stages, solved.Exact, table.LargestAdjustment);
    }

    private MeasuredPrices Prices()
    {
        var prices = folder?.Prices;
        if (prices is null)
        {
            prices = SingleReplacementPrices.Measure(space.Space.Dense, space.Space.Priced, evaluator, windows.Slice(0, effort.PriceWindows));
            if (folder is not null)
                folder.Prices = prices;
        }
        progress?.Report(new("prices", 1, 1, null));
        return prices;
    }

    private int[] Filled(int[] indices, double[][] prices)
    {
        var filled = indices.ToArray();
        space.Repair(prices).Fill(filled, space.Budget, new HashSet<int>());
        return filled;
    }

    private MeasuredPlan Refined(MeasuredPlan start, CancellationToken cancel)
    {
        var refinement = new LocalRefinement(space, scores, effort.PriceWindows);
        var state = folder?.Refinement ?? LocalRefinement.Start(start.Indices, start.KlPerWindow);
        while (!state.Done && state.Rounds < effort.RefinementRounds)
        {
            cancel.ThrowIfCancellationRequested();
            state = refinement.Round(state);
            if (folder is not null)
                folder.Refinement = state;
            progress?.Report(new("refinement", state.Rounds, effort.RefinementRounds, state.Kl.Average()));
        }
        return Named("refinement", state.Indices, state.Kl);
    }

    private MeasuredPlan Evolved(MeasuredPlan start, double[][] prices, ulong seed, CancellationToken cancel)
    {
        var evolution = new EvolutionarySearch(space, prices, scores, effort);
        var state = folder?.Evolution ?? EvolutionarySearch.Start(start.Indices, start.KlPerWindow, seed);
        while (!state.Done)
        {
            cancel.ThrowIfCancellationRequested();
            state = evolution.Generation(state);
            if (folder is not null)
                folder.Evolution = state;
            progress?.Report(new("evolution", state.Generations, effort.Generations, state.Kl.Average()));
        }
        return Named("evolution", state.Parent, state.Kl);
    }

    private MeasuredPlan Measure(string name, int[] indices) =>
        Named(name, indices, scores.Measure([space.Space.PlanOf(indices)], 0, scores.Count)[0]);

    private MeasuredPlan Named(string name, int[] indices, double[] kl)
    {
        var plan = space.Space.PlanOf(indices);
        return new(name, plan, indices, space.Cost.Of(plan), kl);
    }
}
