using ForgePrune.Search;
using ForgePrune.Search.Costs;

namespace ForgePrune.Methods.DarwinLM;

/// <summary>DarwinLM's mutation: one to three times, one layer goes down a level and another of the same kind, attention or MLP, goes up.
/// What each kind keeps is settled at the start and never moves.</summary>
internal sealed class TypeSwitch(BudgetedSpace grid) : IMutation
{
    private const int MostSwitches = 3;

    // Small models run out of untried neighbours.
    private const int TriesPerChild = 20;

    /// <inheritdoc/>
    public List<int[]> Offspring(int[] parent, int count, HashSet<ulong> seen, SearchRandom random)
    {
        var children = new List<int[]>();
        for (var tries = count * TriesPerChild; tries > 0 && children.Count < count; tries--)
        {
            var child = Switched(parent, random);
            if (grid.Cost.Of(grid.Space.PlanOf(child)) <= grid.Budget && seen.Add(LevelSwitch.Key(child)))
                children.Add(child);
        }

        return children;
    }

    private int[] Switched(int[] parent, SearchRandom random)
    {
        var child = parent.ToArray();
        // The smaller of two draws, as the authors do: mostly one switch.
        for (var switches = 1 + Math.Min(random.Below(MostSwitches), random.Below(MostSwitches)); switches > 0; switches--)
        {
            var kind = random.Below(2);
            var (down, up) = (Item(kind, random), Item(kind, random));
            if (down == up || child[down] == grid.Costs[down].Length - 1 || child[up] == 0)
                continue;
            child[down]++;
            child[up]--;
        }

        return child;
    }

    private int Item(int kind, SearchRandom random) => (2 * random.Below(grid.Space.Offered.Count)) + kind;
}
