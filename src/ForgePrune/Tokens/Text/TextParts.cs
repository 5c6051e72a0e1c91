namespace ForgePrune.Tokens.Text;

/// <summary>A text in three parts. Where documents are known, none stands in two of them: what is fitted to the beginning of a document looks better
/// on its end than it is.</summary>
/// <param name="Fitting">What weights are fitted to: three quarters.</param>
/// <param name="Selection">What decides between levels, plans and refits: an eighth.</param>
/// <param name="Judging">What nothing was fitted to or chosen by: an eighth.</param>
internal sealed record TextParts(TokenWindows Fitting, TokenWindows Selection, TokenWindows Judging)
{
    /// <summary>The least number of windows that three parts can be made of.</summary>
    public const int Fewest = 8;

    // So many runs of windows, where there are enough: each part then has several, from all of the text.
    private const int Runs = 32;

    // Places of the two smaller parts in every eight runs; the seed shifts both.
    private const int SelectionPlace = 3, JudgingPlace = 7;

    /// <summary>The number of windows of each part: fitting, selection, judging.</summary>
    /// <param name="windows">At least <see cref="Fewest"/>.</param>
    public static int[] Sizes(int windows) => [windows - 2 * (windows / Fewest), windows / Fewest, windows / Fewest];

    /// <summary>Parts of windows that are cut already, without knowledge of their documents: runs of neighbors.</summary>
    /// <param name="windows">At least <see cref="Fewest"/>.</param>
    /// <param name="seed">Says which runs; not negative.</param>
    /// <param name="alone">Whether every window is a document of its own, so that no neighbor tells of it.</param>
    public static TextParts OfRuns(TokenWindows windows, long seed, bool alone)
    {
        var run = alone ? 1 : Math.Max(1, windows.Count / Runs);
        var parts = new List<int>[] { [], [], [] };
        for (var window = 0; window < windows.Count; window++)
        {
            var place = (window / run + seed % Fewest) % Fewest;
            var ids = parts[place == SelectionPlace ? 1 : place == JudgingPlace ? 2 : 0];
            ids.AddRange(windows.Window(window));
        }

        return Of(windows.Length, parts);
    }

    /// <summary>Parts from the ids of each, whole windows.</summary>
    public static TextParts Of(int length, IReadOnlyList<List<int>> parts) =>
        new(new(length, [.. parts[0]]), new(length, [.. parts[1]]), new(length, [.. parts[2]]));
}
