using ForgePrune.Model;
using ForgePrune.Search;
using ForgePrune.Search.Costs;

namespace ForgePrune.Methods.DarwinLM;

/// <summary>DarwinLM's search: levels of equal steps, the target level everywhere at the start, evolution by switches inside a kind of block,
/// selection in four stages with ever more text. What equal steps leave of the budget is spent at the end on finer levels.</summary>
/// <param name="fine">Every level on offer.</param>
/// <param name="folder">Where to keep the state; null keeps none.</param>
internal sealed class DarwinSearch(BudgetedSpace fine, WindowScores scores, SearchEffort effort, ICandidateTrainer trainer, SearchFolder? folder)
{
    private readonly BudgetedSpace grid = DarwinGrid.Within(fine);

    /// <param name="report">Hears of every generation; what it throws ends the search.</param>
    public IReadOnlyList<MeasuredPlan> Run(ulong seed, IProgress<SearchProgress>? report = null, CancellationToken stop = default)
    {
        var staged = effort with { Screens = Stages() };
        var evolution = new EvolutionarySearch(grid, scores, staged, new TypeSwitch(grid), trainer);
        var start = Start();
        var startKl = Measured(grid.Space.PlanOf(start));
        var state = folder?.Evolution ?? EvolutionarySearch.Start(start, startKl, seed);
        while (!state.Done && state.Generations < effort.Generations)
        {
            stop.ThrowIfCancellationRequested();
            report?.Report(new("evolution", state.Generations, effort.Generations, state.Kl.Average()));
            state = evolution.Generation(state);
            if (folder is not null)
                folder.Evolution = state;
        }

        report?.Report(new("evolution", Math.Max(1, effort.Generations), Math.Max(1, effort.Generations), state.Kl.Average()));
        var found = Named("evolution inside kinds", grid.Space.PlanOf(state.Parent), state.Kl);
        var spent = Spent(found.Plan);
        return spent.Equals(found.Plan)
            ? [Named("target level", grid.Space.PlanOf(start), startKl), found]
            : [Named("target level", grid.Space.PlanOf(start), startKl), found, Named("rest of the budget", spent, Measured(spent))];
    }

    /// <summary>Every layer at the first level within the share that may stay. Where that leaves room, since no level is the share itself,
    /// layers go up one level, the first layers first; what attention cannot use the MLPs get.</summary>
    internal int[] Start()
    {
        var kept = new int[grid.Space.Items];
        var share = (grid.Budget - grid.Cost.Fixed) / grid.Costs.Sum(levels => levels[0]);
        var attention = Kind(0, share * Dense(0));
        Kind(1, grid.Budget - grid.Cost.Fixed - attention);
        return kept;

        double Kind(int kind, double most)
        {
            var items = Enumerable.Range(0, kept.Length / 2).Select(layer => (2 * layer) + kind).ToArray();
            var part = Dense(kind) == 0 ? 0 : Math.Min(1, most / Dense(kind));
            foreach (var item in items)
            {
                var levels = grid.Costs[item];
                kept[item] = Enumerable.Range(0, levels.Length).FirstOrDefault(index => levels[index] <= levels[0] * part * (1 + 1e-12), levels.Length - 1);
            }

            foreach (var item in items.Where(item => kept[item] > 0))
            {
                kept[item]--;
                if (Sum(items) > most || (kind == 1 && grid.Cost.Of(grid.Space.PlanOf(kept)) > grid.Budget))
                    kept[item]++;
            }

            return Sum(items);
        }

        double Sum(int[] items) => items.Sum(item => grid.Costs[item][kept[item]]);
        double Dense(int kind) => grid.Costs.Where((_, item) => item % 2 == kind).Sum(levels => levels[0]);
    }

    /// <summary>Halves the offspring while the text doubles, as the authors' 8, 4, 2 and 1 of 16.</summary>
    private Screen[] Stages() =>
    [
        .. new[] { 8, 4, 2 }.Select(part => new Screen(scores.Count / part, Math.Max(1, effort.Offspring * part / 16)))
            .Where(screen => screen.Windows > 0).DistinctBy(screen => screen.Windows),
    ];

    private Plan Spent(Plan plan)
    {
        var indices = fine.Space.IndicesOf(plan)!;
        // Every level gains as much as it costs: the first that fits is as good as another.
        var prices = fine.Costs.Select(levels => levels.Select(cost => levels[0] - cost).ToArray()).ToArray();
        fine.Repair(prices).Fill(indices, fine.Budget, new HashSet<int>());
        return fine.Space.PlanOf(indices);
    }

    // As much as what it is compared with: the survivors of the last stage.
    private double[] Measured(Plan plan) => trainer.Trained([plan], 0, scores).Measure([plan], 0, scores.Count)[0];

    private MeasuredPlan Named(string name, Plan plan, double[] kl) => new(name, plan, fine.Space.IndicesOf(plan)!, fine.Cost.Of(plan), kl);
}
