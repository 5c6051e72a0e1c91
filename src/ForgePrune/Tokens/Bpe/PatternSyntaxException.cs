namespace ForgePrune.Tokens.Bpe;

/// <summary>Why a pattern cannot be used, as the second half of a sentence.</summary>
internal sealed class PatternSyntaxException(string message) : Exception(message);
