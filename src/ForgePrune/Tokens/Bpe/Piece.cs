namespace ForgePrune.Tokens.Bpe;

/// <summary>A stretch of text on its way to the model.</summary>
/// <param name="AtStart">It begins where the whole text begins.</param>
internal readonly record struct Piece(string Text, bool AtStart);
