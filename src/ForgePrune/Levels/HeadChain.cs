using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>The nested sets of heads that one sweep leaves, from dense downwards.</summary>
internal sealed class HeadChain
{
    private readonly List<(AttentionLevel Level, int[] Heads, double Loss)> steps = [];

    /// <summary>Each level with its heads, ascending, and its damped loss.</summary>
    public IReadOnlyList<(AttentionLevel Level, int[] Heads, double Loss)> Steps => steps;

    public void Add(HeadSweep sweep, double loss) => steps.Add((new(sweep.Groups, sweep.Groups * sweep.QueriesPerGroup), sweep.Kept(), loss));

    /// <summary>All columns, those of the last step first: the columns of every step are a prefix.</summary>
    /// <param name="headWidth">Columns of one head.</param>
    public int[] SurvivorsFirst(int headWidth) => [.. Enumerable.Reverse(steps).SelectMany(step => step.Heads).Distinct()
        .SelectMany(head => Enumerable.Range(head * headWidth, headWidth))];
}
