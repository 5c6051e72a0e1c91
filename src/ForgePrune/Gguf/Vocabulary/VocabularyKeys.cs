using ForgePrune.Checkpoints;
using ForgePrune.Gguf.Container;
using ForgePrune.Model;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Bpe;

namespace ForgePrune.Gguf.Vocabulary;

/// <summary>The keys of a tokenizer.</summary>
internal static class VocabularyKeys
{
    /// <param name="source">Null writes a file that runs on token ids only.</param>
    /// <param name="note">Told what the file cannot say.</param>
    /// <exception cref="Errors.BadInputException">llama.cpp would make other ids of a text.</exception>
    public static void Add(GgufMetadata keys, TokenizerSource? source, ModelConfig config, Action<string> note)
    {
        if (source is null)
        {
            keys.Add("tokenizer.ggml.model", "no_vocab");
            note("the model has no tokenizer; the file runs on token ids");
        }
        else if (source.Format == TokenizerFormat.Llama2c)
        {
            Llama2CKeys.Add(keys, source, config.VocabSize);
        }
        else
        {
            AddHuggingFace(keys, source.Path, config, note);
        }
    }

    private static void AddHuggingFace(GgufMetadata keys, string path, ModelConfig config, Action<string> note)
    {
        var tokenizer = TokenizerReader.Load(path);
        using var document = TokenizerFile.Open(path);
        var root = TokenizerFile.Root(path, document);
        var model = root.Get("model");
        var unknown = model.Find("unk_token")?.Text();
        var isBytes = model.Flag("byte_fallback", false);
        var added = Added(root, path);
        var tokens = VocabularyTokens.Of(path, tokenizer.Token, Kind, config.VocabSize, tokenizer.VocabSize);
        if (isBytes)
            SentencePieceKeys.Add(keys, root, tokens, note);
        else
            ByteLevelKeys.Add(keys, root, note);
        tokens.AddTo(keys);
        AddSpecial(keys, path, tokenizer, config, note);
        if (unknown is not null)
            keys.Add("tokenizer.ggml.unknown_token_id", Array.IndexOf(tokens.Texts, unknown));
        if (config.PadTokenId is { } pad && pad >= 0 && pad < config.VocabSize)
            keys.Add("tokenizer.ggml.padding_token_id", pad);
        if (ChatTemplate.Of(Path.GetDirectoryName(Path.GetFullPath(path))!) is { } template)
            keys.Add("tokenizer.chat_template", template);

        TokenKind Kind(int id)
        {
            var text = tokenizer.Token(id)!;
            if (text == unknown)
                return TokenKind.Unknown;
            if (added.TryGetValue(text, out var special))
                return special ? TokenKind.Control : TokenKind.User;
            return isBytes && text.Length == 6 && text.StartsWith("<0x", StringComparison.Ordinal) && text[5] == '>' ? TokenKind.Byte : TokenKind.Normal;
        }
    }

    /// <summary>Added tokens, and whether each is special; one given twice counts as it is given last.</summary>
    private static Dictionary<string, bool> Added(JsonPart root, string path)
    {
        var added = new Dictionary<string, bool>(StringComparer.Ordinal);
        foreach (var item in root.Find("added_tokens")?.Items() ?? [])
            added[AddedToken.Read(item).Content] = AddedToken.Read(item).Special;
        var settings = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path))!, "tokenizer_config.json");
        if (!File.Exists(settings))
            return added;
        using var document = TokenizerFile.Open(settings);
        foreach (var (_, token) in TokenizerConfig.Read(TokenizerFile.Root(settings, document)).Added)
            added[token.Content] = token.Special;
        return added;
    }

    /// <summary>What stands before and behind a text, and what ends one.</summary>
    private static void AddSpecial(GgufMetadata keys, string file, Tokenizer tokenizer, ModelConfig config, Action<string> note)
    {
        var around = tokenizer.Encode("", addSpecial: true);
        var begins = tokenizer.BeginTokenId is not null;
        var after = around[(begins ? 1 : 0)..];
        if (begins && around[0] != tokenizer.BosTokenId || after.Length > 1 || (after.Length == 1 && after[0] != config.EosTokenIds.FirstOrDefault(-1)))
            throw GgufErrors.Vocabulary(file, $"text with the ids {string.Join(", ", around)} around it");
        if ((tokenizer.BosTokenId ?? config.BosTokenId) is { } bos)
            keys.Add("tokenizer.ggml.bos_token_id", bos);
        keys.Add("tokenizer.ggml.add_bos_token", begins);
        keys.Add("tokenizer.ggml.add_eos_token", after.Length > 0);
        if (config.EosTokenIds.Count == 0)
            note("the model names no id that ends a text, and llama.cpp takes one of its own choice; name eos_token_id in config.json");
        else
            keys.Add("tokenizer.ggml.eos_token_id", config.EosTokenIds[0]);
        // The format has a place for one more.
        if (config.EosTokenIds.Count > 1)
            keys.Add("tokenizer.ggml.eot_token_id", config.EosTokenIds[1]);
        if (config.EosTokenIds.Count > 2)
            note($"the file names two of the ids that end a text; {string.Join(", ", config.EosTokenIds.Skip(2))} do not end one");
    }
}
