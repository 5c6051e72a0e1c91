namespace ForgePrune.Tokens.Bpe;

/// <summary>A part of a text between two steps of tokenization.</summary>
/// <param name="AtStart">It begins where the whole text begins.</param>
internal readonly record struct Piece(string Text, bool AtStart);
