namespace ForgePrune.Search;

/// <summary>Evolution by level switches: what one block gives up, any other may take, attention or MLP. Offspring are screened on few
/// windows, the parent standing on the same ones; a child replaces the parent only by a lower mean KL on all windows.</summary>
/// <param name="mutation">Makes children, all within the budget.</param>
/// <param name="trainer">The training of candidates before they are measured.</param>
internal sealed class EvolutionarySearch(BudgetedSpace space, WindowScores scores, SearchEffort effort, IMutation mutation, ICandidateTrainer trainer)
{
    /// <summary>Switches between any two blocks, candidates measured as they are.</summary>
    /// <param name="prices">[item][index], not falling: they guide how offspring are brought to the budget, not which one wins.</param>
    public EvolutionarySearch(BudgetedSpace space, double[][] prices, WindowScores scores, SearchEffort effort)
        : this(space, scores, effort, new LevelSwitch(space, prices), NoTrainer.Instance)
    {
    }

    public static EvolutionState Start(int[] parent, double[] kl, ulong seed) =>
        new(parent, kl, new SearchRandom(seed).State, [LevelSwitch.Key(parent)], 0, 0, false, [kl.Average()]);

    /// <summary>One generation. Depends on nothing but <paramref name="state"/>, so a stopped search goes on as if it had not stopped.</summary>
    public EvolutionState Generation(EvolutionState state)
    {
        var random = new SearchRandom(state.Random);
        var seen = state.Seen.ToHashSet();
        var children = mutation.Offspring(state.Parent, effort.Offspring, seen, random);
        var (child, kl) = Best(children);

        var better = child is not null && kl!.Average() < state.Kl.Average();
        var stalled = better ? 0 : state.Stalled + 1;
        var generations = state.Generations + 1;
        return state with
        {
            Parent = better ? child! : state.Parent,
            Kl = better ? kl! : state.Kl,
            Random = random.State,
            Seen = [.. seen.Order()],
            Generations = generations,
            Stalled = stalled,
            Done = children.Count == 0 || stalled >= effort.Patience || generations >= effort.Generations,
            History = [.. state.History, better ? kl!.Average() : state.Kl.Average()],
        };
    }

    private (int[]? Child, double[]? Kl) Best(List<int[]> children)
    {
        var contenders = children.Select(child => (Indices: child, Kl: Array.Empty<double>())).ToList();
        foreach (var (stage, screen) in effort.Screens.Append(new Screen(scores.Count, 1)).Index())
        {
            if (contenders.Count == 0)
                return (null, null);
            var plans = contenders.Select(c => space.Space.PlanOf(c.Indices)).ToArray();
            var trained = trainer.Trained(plans, effort.Screens.Count - stage, scores);
            // Other weights than at the stage before: what was measured then no longer counts.
            var measured = ReferenceEquals(trained, scores) ? contenders[0].Kl.Length : 0;
            var more = trained.Measure(plans, measured, screen.Windows);
            contenders = [.. contenders.Select((c, i) => (c.Indices, Kl: c.Kl[..measured].Concat(more[i]).ToArray()))
                .OrderBy(c => c.Kl.Average()).Take(screen.Survivors)];
        }
        return contenders[0];
    }
}

/// <param name="Parent">The best plan so far, as level indices.</param>
/// <param name="Kl">Its KL on every window.</param>
/// <param name="Random">State of the generator.</param>
/// <param name="Seen">Keys of all plans tried, so that none is measured twice.</param>
/// <param name="Stalled">Generations since the last gain.</param>
/// <param name="Done">Out of generations, out of patience, or no untried plan was found nearby.</param>
/// <param name="History">Mean KL of the parent at the start and after each generation.</param>
internal sealed record EvolutionState(
    int[] Parent,
    double[] Kl,
    ulong[] Random,
    ulong[] Seen,
    int Generations,
    int Stalled,
    bool Done,
    double[] History);
