namespace ForgePrune.Tokens.Bpe;

/// <summary>The ids put before and after those of a single text.</summary>
internal sealed record PostProcessor(IReadOnlyList<int> Before, IReadOnlyList<int> After)
{
    private const string Supported = "supported are ByteLevel, TemplateProcessing and Sequence";

    /// <param name="part">The file's "post_processor", null where it has none.</param>
    public static PostProcessor Read(JsonPart? part) => part is { } given ? ReadOne(given) : new([], []);

    private static PostProcessor ReadOne(JsonPart part) => part.Type() switch
    {
        // It moves offsets, not ids. The original goes by the members and not by the type, so one that is both is not read for either.
        "ByteLevel" => part.Find("single") is { } single ? throw TokenizerErrors.Unsupported(single, "a template inside a ByteLevel", Supported) : new([], []),
        "TemplateProcessing" => Template(part),
        "Sequence" => part.Get("processors").Items().ConvertAll(ReadOne)
            .Aggregate(new PostProcessor([], []), (inner, outer) => new([.. outer.Before, .. inner.Before], [.. inner.After, .. outer.After])),
        var type => throw TokenizerErrors.Unsupported(part, $"the post-processor {type}", Supported),
    };

    private static PostProcessor Template(JsonPart part)
    {
        var (before, after) = (new List<int>(), new List<int>());
        var seen = false;
        foreach (var item in part.Get("single").Items())
        {
            if (item.Find("Sequence") is { } text)
            {
                if (text.Get("id").Text() != "A")
                    throw TokenizerErrors.Wrong(text.Get("id"), "\"A\", the one text,");
                if (seen)
                    throw TokenizerErrors.Unsupported(item, "a second place for the text", "a template of one text names it once");
                seen = true;
                continue;
            }
            var name = item.Get("SpecialToken").Get("id");
            var token = part.Get("special_tokens").Find(name.Text()) ?? throw TokenizerErrors.UnknownToken(name, "a special token", name.Text());
            (seen ? after : before).AddRange(token.Get("ids").Items().Select(id => id.Id()));
        }
        return seen ? new(before, after) : throw TokenizerErrors.Missing(part.Get("single"), "Sequence");
    }
}
