using ForgePrune.Progress;

namespace ForgePrune.Tokens.Text;

/// <summary>The windows of a text, with notes on how it was read.</summary>
/// <param name="Windows">The windows.</param>
/// <param name="DroppedTokens">The number of ids at the end that did not fill a window.</param>
/// <param name="ReachedLimit">Whether the text has more tokens than were asked for.</param>
/// <param name="Remarks">Notes on how the text was read, one sentence each.</param>
public sealed record CutWindows(TokenWindows Windows, long DroppedTokens, bool ReachedLimit, IReadOnlyList<string> Remarks)
{
    /// <summary>Passes the notes to <paramref name="progress"/> and returns the windows.</summary>
    public TokenWindows Said(IProgressReport progress)
    {
        foreach (var remark in Remarks)
            progress.Note(remark);
        return Windows;
    }
}
