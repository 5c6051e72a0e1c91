namespace ForgePrune.Search;

/// <summary>Makes children of a plan, level indices in and out.</summary>
public interface IMutation
{
    /// <summary>At most <paramref name="count"/> children within the budget; fewer where untried ones run out.</summary>
    /// <param name="seen">Keys of plans already tried; the children's are added.</param>
    List<int[]> Offspring(int[] parent, int count, HashSet<ulong> seen, SearchRandom random);
}
