using ForgePrune.Progress;

namespace ForgePrune.Tokens.Text;

/// <summary>Windows cut from a text.</summary>
/// <param name="DroppedTokens">Ids at the end that did not fill a window.</param>
/// <param name="ReachedLimit">There was more text than the tokens asked for.</param>
/// <param name="Remarks">What is worth knowing of how they were read, one sentence each.</param>
public sealed record CutWindows(TokenWindows Windows, long DroppedTokens, bool ReachedLimit, IReadOnlyList<string> Remarks)
{
    /// <summary>The windows, once the remarks are said.</summary>
    public TokenWindows Said(IProgressReport progress)
    {
        foreach (var remark in Remarks)
            progress.Note(remark);
        return Windows;
    }
}
