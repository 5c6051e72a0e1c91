namespace ForgePrune.Tokens.Bpe;

/// <summary>The stages of a tokenizer.json in their order: added tokens, normalizer, pre-tokenizer, model, post-processor; and the decoder back.</summary>
internal sealed class BpeTokenizer : Tokenizer
{
    private readonly Normalizer normalizer;
    private readonly PreTokenizer preTokenizer;
    private readonly BpeModel model;
    private readonly IReadOnlyList<int> before, after;
    private readonly TokenDecoder decoder;
    private readonly AddedTokenFinder inText, inNormalized;
    private readonly Dictionary<int, string> tokens;

    /// <param name="root">The whole file.</param>
    /// <param name="config">The values of tokenizer_config.json, which take precedence over the file.</param>
    public BpeTokenizer(JsonPart root, TokenizerConfig config)
    {
        model = new BpeModel(root.Get("model"));
        normalizer = Normalizer.Read(root.Find("normalizer"));
        preTokenizer = PreTokenizer.Read(root.Find("pre_tokenizer"));
        var postProcessor = PostProcessor.Read(root.Find("post_processor"));
        decoder = TokenDecoder.Read(root.Find("decoder"));
        tokens = model.Vocabulary.ToDictionary(p => p.Value, p => p.Key);
        var added = ReadAdded([.. (root.Find("added_tokens")?.Items() ?? []).Select(item => (item, AddedToken.Read(item))), .. config.Added]);
        inText = new(added.Where(t => !t.Normalized).Select(t => (t.Content, t)));
        inNormalized = new(added.Where(t => t.Normalized).Select(t => (normalizer.Apply(t.Content), t)));
        VocabSize = tokens.Keys.Max() + 1;
        foreach (var id in postProcessor.Before.Concat(postProcessor.After))
        {
            if (!tokens.ContainsKey(id))
                throw TokenizerErrors.UnknownTemplateId(root.Get("post_processor"), id);
        }
        BosTokenId = postProcessor.Before.Count > 0 ? postProcessor.Before[0] : Find(config.Bos);
        before = config.Before(postProcessor.Before, BosTokenId);
        after = postProcessor.After;
    }

    public override int VocabSize { get; }

    public override int? BosTokenId { get; }

    public override int? BeginTokenId => before.Count > 0 ? before[0] : null;

    public override string? Token(int id) => tokens.GetValueOrDefault(id);

    public override string Decode(ReadOnlySpan<int> ids)
    {
        var texts = new List<string>(ids.Length);
        foreach (var id in ids)
            texts.Add(tokens.TryGetValue(id, out var text) ? text : throw TokenizerErrors.NoSuchId(id, VocabSize));
        return string.Concat(decoder.Apply(texts));
    }

    protected override int[] AddSpecial(int[] ids) => [.. before, .. ids, .. after];

    protected override int[] EncodeText(string text)
    {
        var ids = new List<int>(text.Length / 3);
        var pieces = new List<Piece>();
        foreach (var (start, end, token) in inText.Split(text))
        {
            if (token is not null)
                ids.Add(token.Id);
            else
                EncodeStretch(normalizer.Apply(text[start..end]), start == 0, pieces, ids);
        }
        return [.. ids];
    }

    // Between added tokens of the raw text; those that are looked for in normalized text are found now.
    private void EncodeStretch(string normalized, bool atStart, List<Piece> pieces, List<int> ids)
    {
        foreach (var (start, end, token) in inNormalized.Split(normalized))
        {
            if (token is not null)
            {
                ids.Add(token.Id);
                continue;
            }
            pieces.Clear();
            preTokenizer.Apply(new Piece(normalized[start..end], atStart && start == 0), pieces);
            foreach (var piece in pieces)
                model.Encode(piece.Text, ids);
        }
    }

    // A token given twice counts as it is given last. One that the vocabulary lacks gets the next free id, as Hugging Face's tokenizers count,
    // whatever the file says: where the two differ, nothing says which the model was trained with.
    private Dictionary<string, AddedToken>.ValueCollection ReadAdded(IEnumerable<(JsonPart Place, AddedToken Token)> given)
    {
        var added = new Dictionary<string, AddedToken>(StringComparer.Ordinal);
        var free = model.Vocabulary.Count;
        foreach (var (place, token) in given)
        {
            var known = added.TryGetValue(token.Content, out var before) ? before.Id
                : model.Vocabulary.TryGetValue(token.Content, out var id) ? id : free;
            if (!tokens.TryAdd(token.Id, token.Content) && tokens[token.Id] != token.Content)
                throw TokenizerErrors.DuplicateId(place, token.Id, tokens[token.Id], token.Content);
            if (known != token.Id)
                throw TokenizerErrors.AddedTokenMoved(place, token.Content, token.Id, known);
            added[token.Content] = token;
            free = Math.Max(free, token.Id + 1);
        }
        return added.Values;
    }

    private int? Find(JsonPart? name)
    {
        if (name is not { } part)
            return null;
        var content = part.Text();
        foreach (var (id, token) in tokens)
        {
            if (token == content)
                return id;
        }
        throw TokenizerErrors.UnknownToken(part, "the BOS token", content);
    }
}
