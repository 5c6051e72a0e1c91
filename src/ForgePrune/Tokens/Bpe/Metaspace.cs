namespace ForgePrune.Tokens.Bpe;

/// <summary>SentencePiece's way with spaces: each becomes a visible mark that begins the word after it.</summary>
internal sealed class Metaspace(string mark, PrependScheme prepend, bool split) : PreTokenizer
{
    private readonly Pattern marks = Pattern.Literal(mark);

    public static Metaspace Read(JsonPart part) => new(Mark(part), Scheme(part), part.Flag("split", true));

    public static string Mark(JsonPart part)
    {
        var mark = part.Get("replacement").Text();
        var isOne = mark.Length == 1 || (mark.Length == 2 && char.IsSurrogatePair(mark, 0));
        return isOne ? mark : throw TokenizerErrors.Wrong(part.Get("replacement"), "one character");
    }

    /// <summary>"prepend_scheme", or what the older "add_prefix_space" says.</summary>
    public static PrependScheme Scheme(JsonPart part) => part.Find("prepend_scheme") is not { } scheme
        ? part.Flag("add_prefix_space", true) ? PrependScheme.Always : PrependScheme.Never
        : scheme.Text() switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            _ => throw TokenizerErrors.Wrong(scheme, "always, first or never"),
        };

    public override void Apply(Piece piece, List<Piece> output)
    {
        var text = piece.Text.Replace(" ", mark, StringComparison.Ordinal);
        var wanted = prepend == PrependScheme.Always || (prepend == PrependScheme.First && piece.AtStart);
        if (wanted && !text.StartsWith(mark, StringComparison.Ordinal))
            text = mark + text;
        var whole = piece with { Text = text };
        if (split)
            Emit(whole, Splitter.Split(marks.Matches(text), text.Length, SplitBehavior.MergedWithNext, false), null, output);
        else
            output.Add(whole);
    }
}

/// <summary>The places where the mark is added before a text that does not begin with a space.</summary>
internal enum PrependScheme
{
    /// <summary>Before every stretch between special tokens.</summary>
    Always,

    /// <summary>Before the first stretch, if it begins the text.</summary>
    First,

    Never,
}
