namespace ForgePrune.Search;

/// <summary>Creates offspring of a plan, as level indices.</summary>
internal interface IMutation
{
    /// <summary>At most <paramref name="count"/> children within the budget; fewer where untried ones run out.</summary>
    /// <param name="seen">Keys of plans already tried; the children's are added.</param>
    List<int[]> Offspring(int[] parent, int count, HashSet<ulong> seen, SearchRandom random);
}
