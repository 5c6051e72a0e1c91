using System.Globalization;

namespace ForgePrune.Tokens.Bpe;

/// <summary>The values of a tokenizer_config.json that change ids.</summary>
/// <param name="Bos">The text of the token that may begin a document; null where none is named.</param>
/// <param name="AddBos">"add_bos_token"; null where the file leaves it open.</param>
/// <param name="Added">"added_tokens_decoder", which Hugging Face adds to those of the tokenizer.json.</param>
internal sealed record TokenizerConfig(JsonPart? Bos, JsonPart? AddBos, IReadOnlyList<(JsonPart Place, AddedToken Token)> Added)
{
    public static TokenizerConfig None { get; } = new(null, null, []);

    public static TokenizerConfig Read(JsonPart root)
    {
        var (bos, addBos, added) = (root.Find("bos_token"), root.Find("add_bos_token"), root.Find("added_tokens_decoder"));
        _ = addBos?.Flag();
        return new(
            bos is { IsString: false } token ? token.Get("content") : bos,
            addBos,
            [.. (added?.Members() ?? []).Select(member => (member.Value, AddedToken.Read(member.Value, Id(added!.Value, member.Name))))
                .OrderBy(item => item.Item2.Id)]);
    }

    /// <summary>The ids that stand before a text: as "add_bos_token" says, and where it says nothing as the post-processor has them.</summary>
    /// <param name="template">Those of the post-processor.</param>
    /// <param name="bos">The token that either of them names.</param>
    public IReadOnlyList<int> Before(IReadOnlyList<int> template, int? bos) => AddBos switch
    {
        { } add when !add.Flag() => [],
        { } add when template.Count == 0 => [bos ?? throw TokenizerErrors.NoBosToken(add)],
        _ => template,
    };

    private static int Id(JsonPart part, string key) => int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id < int.MaxValue
        ? id
        : throw TokenizerErrors.BadIdKey(part, key);
}
