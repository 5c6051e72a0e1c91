namespace ForgePrune.Search;

/// <summary>Creates offspring: one to three blocks are raised and as many others lowered, by one to several levels; then the plan is
/// brought to the budget where prices say it costs least, without undoing the switch.</summary>
internal sealed class LevelSwitch(BudgetedSpace space, double[][] prices) : IMutation
{
    private const int MostSwitches = 3;

    // A step spans at most a sixth of a block's levels.
    private const int LevelsPerStep = 6;

    // One step in so many reaches as far as there are levels: whole blocks come and go in one move.
    private const int StepsPerLeap = 6;

    // Small spaces run out of untried neighbors.
    private const int TriesPerChild = 20;

    private readonly BudgetRepair repair = space.Repair(prices);

    /// <inheritdoc/>
    public List<int[]> Offspring(int[] parent, int count, HashSet<ulong> seen, SearchRandom random)
    {
        var children = new List<int[]>();
        for (var tries = count * TriesPerChild; tries > 0 && children.Count < count; tries--)
        {
            if (Mutate(parent, random) is { } child && seen.Add(Key(child)))
                children.Add(child);
        }
        return children;
    }

    /// <summary>64-bit FNV-1a over the indices. A collision would only pass over one untried plan.</summary>
    public static ulong Key(int[] indices)
    {
        var hash = 0xCBF29CE484222325;
        foreach (var index in indices)
            hash = (hash ^ (uint)index) * 0x100000001B3;
        return hash;
    }

    private int[]? Mutate(int[] parent, SearchRandom random)
    {
        var child = parent.ToArray();
        var (raised, lowered) = (new HashSet<int>(), new HashSet<int>());
        // The smaller of two draws: mostly one switch, as in DarwinLM.
        for (var switches = 1 + Math.Min(random.Below(MostSwitches), random.Below(MostSwitches)); switches > 0; switches--)
        {
            var (up, down) = (random.Below(child.Length), random.Below(child.Length));
            if (!lowered.Contains(up) && child[up] > 0)
            {
                child[up] -= Step(up, child[up], random);
                raised.Add(up);
            }
            if (!raised.Contains(down) && child[down] < Last(down))
            {
                child[down] += Step(down, Last(down) - child[down], random);
                lowered.Add(down);
            }
        }
        if (!repair.Lower(child, space.Budget, raised))
            return null;
        repair.Fill(child, space.Budget, lowered);
        return child;
    }

    private int Last(int item) => space.Costs[item].Length - 1;

    private int Step(int item, int room, SearchRandom random)
    {
        if (random.Below(StepsPerLeap) == 0)
            return 1 + random.Below(room);
        var most = Math.Clamp(Last(item) / LevelsPerStep, 1, room);
        return 1 + Math.Min(random.Below(most), random.Below(most));
    }
}
