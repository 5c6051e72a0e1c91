namespace ForgePrune.Tokens.Bpe;

/// <summary>A token that is found in the text before anything else is done to it.</summary>
/// <param name="Special">Control token: not part of what a reader sees.</param>
/// <param name="Normalized">It is looked for in the normalized text, in its own normalized form.</param>
/// <param name="SingleWord">It counts only where no word character touches it.</param>
/// <param name="StripLeft">It swallows the white space before it.</param>
/// <param name="StripRight">It swallows the white space after it.</param>
internal sealed record AddedToken(int Id, string Content, bool Special, bool Normalized, bool SingleWord, bool StripLeft, bool StripRight)
{
    public static AddedToken Read(JsonPart part) => Read(part, part.Get("id").Id());

    public static AddedToken Read(JsonPart part, int id) => new(
        id,
        part.Get("content").Text(),
        part.Flag("special", false),
        part.Flag("normalized", !part.Flag("special", false)),
        part.Flag("single_word", false),
        part.Flag("lstrip", false),
        part.Flag("rstrip", false));
}
