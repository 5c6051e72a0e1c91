namespace ForgePrune.Tokens.Text;

/// <summary>Windows cut from a text.</summary>
/// <param name="DroppedTokens">Ids at the end that did not fill a window.</param>
/// <param name="ReachedLimit">There was more text than the tokens asked for.</param>
public sealed record CutWindows(TokenWindows Windows, long DroppedTokens, bool ReachedLimit);
