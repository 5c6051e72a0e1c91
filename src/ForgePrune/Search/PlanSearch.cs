using System.Globalization;
using ForgePrune.Model;
using ForgePrune.Progress;
using ForgePrune.Search.Costs;
using ForgePrune.Tokens;

namespace ForgePrune.Search;

/// <summary>The search for the plan of least KL(dense ‖ pruned) within a budget: measured prices of single replacements, dynamic programming over them,
/// refinement around the solution, and evolution. The uniform plan is measured for comparison.</summary>
/// <remarks>The dynamic programming is that of SPDY (Frantar and Alistarh 2022) with measured divergences in place of layer errors; the evolution
/// exchanges levels between layers as EvoPress does (Sieberling et al. 2024).</remarks>
/// <param name="space">The levels on offer and the budget.</param>
/// <param name="evaluator">Measures the divergence of plans.</param>
/// <param name="windows">The text that plans are measured on; at least <see cref="SearchEffort.Windows"/> windows.</param>
/// <param name="effort">The amount of measuring.</param>
/// <param name="folder">The folder of the state; null keeps none.</param>
/// <param name="progress">Receives the progress.</param>
public sealed class PlanSearch(
    BudgetedSpace space,
    IPlanEvaluator evaluator,
    TokenWindows windows,
    SearchEffort effort,
    SearchFolder? folder = null,
    IProgress<SearchProgress>? progress = null)
{
    private const int Shares = 100;

    private const double DearFactor = 3, DearerFactor = 12;

    private const string DynamicProgramming = "dynamic programming";

    /// <summary>The last progress of the present stage. Measuring reports it again, so that long rounds do not look stopped.</summary>
    private SearchProgress current;
    private CancellationToken stop;

    /// <summary>Runs the search, or resumes it from the state in the folder.</summary>
    /// <param name="seed">The seed of the evolution.</param>
    /// <param name="loss">The layer loss of a layer at an FFN width, which shapes the prices between measured ones; null interpolates linearly.</param>
    /// <param name="attentionLoss">The same at an attention level.</param>
    /// <param name="cancel">Stops at the next report of progress.</param>
    /// <param name="time">Ends refinement and evolution early; the best plan so far then stands. Null lets them end by themselves.</param>
    /// <exception cref="TargetNotMetException">No plan fits the budget.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancel"/> was requested.</exception>
    public SearchResult Run(
        ulong seed, Func<int, int, double>? loss = null, Func<int, AttentionLevel, double>? attentionLoss = null, CancellationToken cancel = default,
        SearchTime? time = null)
    {
        space.RequireWithinReach();
        stop = cancel;
        var scores = new WindowScores(evaluator, windows.Slice(0, effort.Windows), new CallbackProgress<double>(_ => Report(current)));
        var measured = Prices();
        time?.Keep();
        var first = First(measured, loss, attentionLoss);
        var table = first.Table;
        var stages = new List<MeasuredPlan>(Measure(first, folder?.PlanParts ?? PlanStore.None));
        Report(new(DynamicProgramming, Shares, Shares, stages.Single(stage => stage.Name == DynamicProgramming).Kl));

        if (effort.RefinementRounds > 0)
            stages.Add(Refined(scores, stages.MinBy(stage => stage.Kl)!, time));
        IReadOnlyList<double> curve = [];
        if (effort.Generations > 0)
        {
            var evolution = Evolved(scores, stages.MinBy(stage => stage.Kl)!, table.Prices, seed, time);
            stages.Add(Named("evolution", evolution.Parent, evolution.Kl));
            curve = evolution.History;
        }
        return new(stages.MinBy(stage => stage.Kl)!, stages, first.Exact, table.LargestAdjustment, curve);
    }

    /// <summary>The plans that prices lead to, for processes that measure them for the one that searches.</summary>
    internal FirstPlans First(Func<int, int, double>? loss, Func<int, AttentionLevel, double>? attentionLoss, CancellationToken cancel)
    {
        stop = cancel;
        return First(Prices(), loss, attentionLoss);
    }

    /// <summary>Measures those that <paramref name="store"/> asks for.</summary>
    /// <returns>As many as there are names; 0 for plans that are neither asked for nor there.</returns>
    internal IReadOnlyList<MeasuredPlan> Measure(FirstPlans plans, PlanStore store)
    {
        var kl = evaluator.Kl(plans.Different, windows.Slice(0, effort.Windows), store,
            new CallbackProgress<double>(share => Report(new(DynamicProgramming, Math.Min((int)(share * Shares), Shares - 1), Shares, null))));
        var found = plans.Different.Zip(kl).ToDictionary();
        // The dense plan costs nothing by definition.
        return [.. plans.Named.Select(plan => Named(plan.Name, plan.Indices,
            found.TryGetValue(space.Space.PlanOf(plan.Indices), out var values) ? values : new double[effort.Windows]))];
    }

    private FirstPlans First(MeasuredPrices measured, Func<int, int, double>? loss, Func<int, AttentionLevel, double>? attentionLoss)
    {
        var table = PriceTable.From(measured, space.Space, loss, attentionLoss);
        Report(new(DynamicProgramming, 0, Shares, null));
        var solved = space.Solve(table.Prices);
        (string, int[])[] named =
        [
            .. UniformPlan.Within(space.Space, space.Cost, space.Budget) is { } uniform ? [("uniform", uniform)] : Array.Empty<(string, int[])>(),
            (DynamicProgramming, Filled(solved.Indices, table.Prices)),
            .. Alternatives(table.Prices),
        ];
        return new FirstPlans(
            table, named, [.. named.Select(plan => space.Space.PlanOf(plan.Item2)).Where(plan => !plan.Equals(space.Space.Dense)).Distinct()], solved.Exact);
    }

    /// <summary>Plans for prices that weigh attention less or more against the MLP, and for powers of them. A later refit repairs the two kinds of damage to
    /// different extents, which prices without a refit do not show; a refit can choose among these plans.</summary>
    private IEnumerable<(string Name, int[] Indices)> Alternatives(double[][] prices)
    {
        const string cheap = "attention held cheap", dear = "attention held dear", dearer = "attention held dearer";
        (string Held, double Factor, double Exponent)[] ways =
        [
            (cheap, 1 / DearFactor, 1), (dear, DearFactor, 1),
            .. effort.Exponents.SelectMany(exponent => ((string, double, double)[])[(dear, DearFactor, exponent), (dearer, DearerFactor, exponent)]),
        ];
        foreach (var (held, factor, exponent) in ways)
        {
            var name = exponent == 1 ? held : string.Create(CultureInfo.InvariantCulture, $"{held}, prices to the power of {exponent}");
            double[][] changed = [.. prices.Select((levels, item) => Array.ConvertAll(levels, price => Changed(item % 2 == 0 ? factor * price : price)))];
            yield return (name, Filled(space.Solve(changed).Indices, changed));

            double Changed(double price) => exponent == 1 ? price : Math.Pow(price, exponent);
        }
    }

    private MeasuredPrices Prices()
    {
        var prices = folder?.Prices;
        if (prices is null)
        {
            prices = SingleReplacementPrices.Measure(space.Space.Dense, space.Space.Priced, evaluator, windows.Slice(0, effort.PriceWindows),
                new CallbackProgress<double>(share => Report(new("prices", Math.Min((int)(share * Shares), Shares - 1), Shares, null))),
                folder?.PriceParts);
            if (folder is not null)
                folder.Prices = prices;
        }
        Report(new("prices", Shares, Shares, null));
        return prices;
    }

    private int[] Filled(int[] indices, double[][] prices)
    {
        var filled = indices.ToArray();
        space.Repair(prices).Fill(filled, space.Budget, new HashSet<int>());
        return filled;
    }

    private MeasuredPlan Refined(WindowScores scores, MeasuredPlan start, SearchTime? time)
    {
        var refinement = new LocalRefinement(space, scores, effort.PriceWindows);
        var state = folder?.Refinement ?? LocalRefinement.Start(start.Indices, start.KlPerWindow);
        while (!state.Done && state.Rounds < effort.RefinementRounds && time is not { IsOver: true })
        {
            var before = state;
            void Told(double share) => Report(Step("refinement", before.Rounds + share, effort.RefinementRounds, time, before.Kl));
            Told(0);
            state = refinement.Round(state, new CallbackProgress<double>(Told));
            if (folder is not null)
                folder.Refinement = state;
            time?.Keep();
        }
        Report(new("refinement", Shares, Shares, state.Kl.Average()));
        return Named("refinement", state.Indices, state.Kl);
    }

    private EvolutionState Evolved(WindowScores scores, MeasuredPlan start, double[][] prices, ulong seed, SearchTime? time)
    {
        var evolution = new EvolutionarySearch(space, prices, scores, effort);
        var state = folder?.Evolution ?? EvolutionarySearch.Start(start.Indices, start.KlPerWindow, seed);
        while (!state.Done && time is not { IsOver: true })
        {
            Report(Step("evolution", state.Generations, effort.Generations, time, state.Kl));
            state = evolution.Generation(state);
            if (folder is not null)
                folder.Evolution = state;
            time?.Keep();
        }
        Report(new("evolution", Shares, Shares, state.Kl.Average()));
        return state;
    }

    private MeasuredPlan Named(string name, int[] indices, double[] kl)
    {
        var plan = space.Space.PlanOf(indices);
        return new(name, plan, indices, space.Cost.Of(plan), kl);
    }

    /// <summary>Where a stage stands, in percent: of its steps, or of the time where that ends it.</summary>
    private static SearchProgress Step(string stage, double done, int total, SearchTime? time, double[] kl) =>
        new(stage, Math.Min(time?.Percent ?? (int)(Shares * done / total), Shares - 1), Shares, kl.Average());

    /// <summary>Every report is also a place to stop.</summary>
    private void Report(SearchProgress value)
    {
        stop.ThrowIfCancellationRequested();
        current = value;
        if (value.Total > 0)
            progress?.Report(value);
    }
}
