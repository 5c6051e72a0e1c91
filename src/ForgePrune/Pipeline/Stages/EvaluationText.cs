using ForgePrune.Tokens;

namespace ForgePrune.Pipeline.Stages;

/// <summary>The windows that judge a finished model.</summary>
internal static class EvaluationText
{
    /// <summary>Tokens on which a large model is judged: minutes with a billion parameters. A divergence is then known within a few percent.</summary>
    private const int LargeTokens = 4096;

    /// <summary>All windows, or as many of a large model's as it reads in minutes, spread evenly over the text; that is said.</summary>
    public static TokenWindows Of(RunContext run, TokenWindows text)
    {
        var most = Math.Max(1, LargeTokens / text.Length);
        if (!run.Large || text.Count <= most)
            return text;
        run.Progress.Note(
            $"the model is large: it is judged on {most} of {text.Count} windows, spread over the text; evaluate what was written for figures of all of it");
        return Spread(text, most);
    }

    internal static TokenWindows Spread(TokenWindows text, int count) =>
        new(text.Length, [.. Enumerable.Range(0, count).SelectMany(i => text.Window((int)((long)i * text.Count / count)).ToArray())]);
}
