using ForgePrune.Errors;

namespace ForgePrune.Tokens.Bpe;

/// <summary>The errors of tokenizer files, one sentence each.</summary>
internal static class TokenizerErrors
{
    private const int QuotedCharacters = 60;

    public static BadInputException NoFile(string path) =>
        new($"There is no tokenizer at {path}; give a tokenizer.json or the folder that holds one.");

    public static BadInputException Unreadable(string path, Exception inner) =>
        new($"{path} cannot be read ({inner.Message.TrimEnd('.')}); check the file and its permissions.", inner);

    public static BadInputException NotJson(string path, Exception inner) =>
        new($"{path} is not JSON ({FirstLine(inner.Message)}); fetch the file again.", inner);

    public static BadInputException Missing(JsonPart part, string name) =>
        new($"{part.File}: {part.Path} has no \"{name}\"; a tokenizer.json as Hugging Face tokenizers writes it is needed.");

    public static BadInputException Wrong(JsonPart part, string wanted) =>
        new($"{part.File}: {part.Path} is {Quote(part)} where {wanted} is needed; fetch the file again or correct it.");

    public static BadInputException BadName(string file, string path) =>
        new($"{file}: {path} has a member whose name is not whole Unicode characters; fetch the file again or correct it.");

    public static BadInputException Unsupported(JsonPart part, string component, string supported) =>
        new($"{part.File}: {part.Path} is {component}, which is not supported ({supported}); use a model with a BPE tokenizer " +
            "built of these or give token ids as .bin.");

    public static BadInputException BadPattern(JsonPart part, string why) =>
        new($"{part.File}: the pattern {Quote(part)} at {part.Path} cannot be used: {why}; give token ids as .bin instead.");

    public static BadInputException SlowPattern(string pattern) =>
        new($"The tokenizer's pattern {Shorten(pattern)} takes too long on this text; split the text into shorter documents.");

    public static BadInputException DuplicateId(JsonPart part, int id, string first, string second) =>
        new($"{part.File}: {part.Path} gives id {id} to both {Shorten(first)} and {Shorten(second)}; every token needs an id of its own.");

    public static BadInputException AddedTokenMoved(JsonPart part, string content, int id, int known) =>
        new($"{part.File}: {part.Path} gives {Shorten(content)} the id {id} but by the vocabulary it has {known}; make them agree.");

    public static BadInputException BadMerge(JsonPart part) => Wrong(part, "a pair of tokens, \"a b\" or [\"a\", \"b\"] like all others,");

    public static BadInputException UnknownInMerge(JsonPart part, string token) =>
        new($"{part.File}: {part.Path} needs the token {Shorten(token)}, which is not in the vocabulary; fetch the file again.");

    public static BadInputException UnknownToken(JsonPart part, string role, string token) =>
        new($"{part.File}: {part.Path} names {Shorten(token)} as {role}, which is not in the vocabulary; correct the name.");

    public static BadInputException UnknownTemplateId(JsonPart part, int id) =>
        new($"{part.File}: {part.Path} puts token id {id} around a text, which is not in the vocabulary; correct the id or fetch the file again.");

    public static BadInputException NoBosToken(JsonPart addBos) =>
        new($"{addBos.File}: {addBos.Path} is true and bos_token is missing, so nothing is known to begin a text; add bos_token or set {addBos.Path} to false.");

    public static BadInputException NoSymbol(string file, string symbol) =>
        new($"{file}: the vocabulary has no token for {Shorten(symbol)} (U+{char.ConvertToUtf32(symbol, 0):X4}) and neither an unk_token nor " +
            "byte_fallback; use a text without this character or a tokenizer that has one of them.");

    public static BadInputException BadIdKey(JsonPart part, string key) =>
        new($"{part.File}: {part.Path} has the key {Shorten(key)} where a token id is needed; fetch the file again or correct it.");

    public static BadInputException NoSuchId(int id, int vocabSize) =>
        new($"Token id {id} is not in the vocabulary, whose ids end at {vocabSize - 1}; decode ids made by this tokenizer.");

    private static string Quote(JsonPart part) => Shorten(part.Element.GetRawText());

    private static string Shorten(string text)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= QuotedCharacters ? $"'{line}'" : $"'{line[..QuotedCharacters]}…'";
    }

    private static string FirstLine(string message) => message.ReplaceLineEndings("\n").Split('\n')[0].TrimEnd('.');
}
