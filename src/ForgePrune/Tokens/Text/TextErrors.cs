using ForgePrune.Errors;

namespace ForgePrune.Tokens.Text;

/// <summary>The errors of texts and files of token ids, one sentence each.</summary>
internal static class TextErrors
{
    public static BadInputException Unreadable(string path, Exception inner) =>
        new($"The text {path} cannot be read ({inner.Message.TrimEnd('.')}); check the path and its permissions.", inner);

    public static BadInputException Empty(string path) => new($"{path} is empty; give a file with text or token ids.");

    public static BadInputException Foreign(string path, ForeignFormat format) =>
        new($"{path} is {format.Name}, which is not read here; {format.Cure}.");

    public static BadInputException NotUtf8(string path, long place, Exception inner) =>
        new($"{path} is not UTF-8 at byte {place}; convert the text to UTF-8.", inner);

    public static BadInputException OtherEncoding(string path, string name) =>
        new($"{path} is {name}; convert the text to UTF-8.");

    public static BadInputException Binary(string path, int place) =>
        new($"{path} is no text: byte {place} is zero; give UTF-8, or call token ids .bin.");

    public static BadInputException TooLong(string path, int most) =>
        new($"{path} has a document or line of more than {most} characters; divide it by lines of {Documents.EndOfDocument}, or into more lines of JSON.");

    public static BadInputException JsonByAnotherName(string path) =>
        new($"{path} holds JSON; call it .jsonl (one object a line) or .json, or, where the JSON itself is the text, begin it with a line of {Documents.EndOfDocument}.");

    public static BadInputException NotJson(string where, Exception inner) =>
        new($"{Capital(where)} is not JSON ({inner.Message.ReplaceLineEndings(" ").TrimEnd('.')}); {OneObject}.", inner);

    public static BadInputException NotAnObject(string where) => new($"{Capital(where)} is not a JSON object; {OneObject}.");

    public static BadInputException NoText(string where, IEnumerable<string> fields) =>
        new($"{Capital(where)} has no \"text\" that is a string, only {Listed(fields)}; {OneObject}.");

    public static BadInputException NoCharacters(string where, Exception inner) =>
        new($"{Capital(where)} is not made of whole characters; write it as UTF-8 without lone surrogates.", inner);

    public static BadInputException TooLittle(string path, long tokens, int windowLength) =>
        new($"{path} gives {tokens} tokens and one window needs {windowLength}; give a longer text or shorter windows.");

    public static BadInputException TooFewParts(string path, int windows, int windowLength) =>
        new($"{path} gives {windows} windows of {windowLength} tokens where at least {TextParts.Fewest} are needed, to fit, to select, and to judge; give more text or a smaller `Window`.");

    public static BadInputException TooFewWanted(long maxTokens, int windowLength) =>
        new($"{maxTokens} tokens were asked for and one window needs {windowLength}; ask for more tokens or shorter windows.");

    public static BadInputException ShortWindow(int windowLength) =>
        new($"A window of {windowLength} tokens was asked for and at least 2 are needed, one to see and one to predict; ask for longer windows.");

    public static BadInputException IdOutside(string path, long id, long place, int vocabSize) =>
        new($"{path} gives token id {id} at place {place} and the model's vocabulary ends at {vocabSize - 1}; use the tokenizer that belongs to the model.");

    /// <param name="width">Bytes that each id was read as.</param>
    public static BadInputException IdOutside(string path, int width, long id, long place, int vocabSize) =>
        new($"{path}, read as ids of {width} bytes, gives token id {id} at place {place} and the model's vocabulary ends at {vocabSize - 1}; use the tokenizer that belongs to the model, "
            + $"write ids little-endian, and state another width by calling the file {string.Join(", ", IdWidth.Stated.Select(stated => stated.Ending))}.");

    public static BadInputException PartOfAnId(string path, long size, int width) =>
        new($"{path} has {size} bytes, {(width == IdWidth.Narrow ? "an odd number" : $"no multiple of {width}")}, where token ids of {width} bytes are needed; write little-endian ids and nothing else.");

    public static BadInputException RaggedRows(string path, long ids, int width, int windowLength) =>
        new($"{path} has {ids} token ids of {width} bytes, which do not fill rows of {windowLength}; give the window length it was written with.");

    public static BadInputException TextAsIds(string path) => new($"{path} holds text where token ids are needed; call a text .txt or .jsonl.");

    public static BadInputException UnclearWidth(string path, IEnumerable<int> widths) =>
        new($"{path} can be read as token ids of {string.Join(" or ", widths)} bytes; say which by calling it {string.Join(", ", IdWidth.Stated.Select(stated => stated.Ending))}.");

    public static BadInputException TooManyIds(string path, int most) => new($"{path} has more than {most} token ids; cut the file.");

    public static BadInputException TooWideId(string path, int id) =>
        new($"Token id {id} does not fit the 16 bits that {path} has for each; keep windows of this model as text.");

    public static BadInputException NoTokenizer(string path) =>
        new($"{path} is text and the model has no tokenizer; give a tokenizer.json or token ids as .bin.");

    private const string OneObject = "write one object with a \"text\" on every line";

    private static string Capital(string where) => char.ToUpperInvariant(where[0]) + where[1..];

    private static string Listed(IEnumerable<string> fields)
    {
        string[] names = [.. fields.Take(9).Select(name => name.ReplaceLineEndings(" "))];
        return names.Length == 0 ? "nothing" : string.Join(", ", names.Take(8)) + (names.Length > 8 ? ", …" : "");
    }
}
