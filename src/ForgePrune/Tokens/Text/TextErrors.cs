using ForgePrune.Errors;

namespace ForgePrune.Tokens.Text;

/// <summary>What can be wrong with a text or a file of token ids, one sentence each.</summary>
internal static class TextErrors
{
    public static BadInputException Unreadable(string path, Exception inner) =>
        new($"The text {path} cannot be read ({inner.Message.TrimEnd('.')}); check the path and its permissions.", inner);

    public static BadInputException Empty(string path) => new($"{path} is empty; give a file with text or token ids.");

    public static BadInputException NotUtf8(string path, string where, Exception inner) =>
        new($"{path} is not UTF-8 at {where}; convert the text to UTF-8.", inner);

    public static BadInputException TooLarge(string path, long size, long largest) =>
        new($"{path} has {size} bytes, and a plain text may have {largest}; cut the file or give its documents as JSONL.");

    public static BadInputException NotJson(string path, long line, Exception inner) =>
        new($"Line {line} of {path} is not a JSON object ({inner.Message.ReplaceLineEndings(" ").TrimEnd('.')}); write one object with a \"text\" on every line.",
            inner);

    public static BadInputException NoText(string path, long line) =>
        new($"Line {line} of {path} has no \"text\" that is a string; write one object with a \"text\" on every line.");

    public static BadInputException TooLittle(string path, long tokens, int windowLength) =>
        new($"{path} gives {tokens} tokens and one window needs {windowLength}; give a longer text or shorter windows.");

    public static BadInputException TooFewWanted(long maxTokens, int windowLength) =>
        new($"{maxTokens} tokens were asked for and one window needs {windowLength}; ask for more tokens or shorter windows.");

    public static BadInputException ShortWindow(int windowLength) =>
        new($"A window of {windowLength} tokens was asked for and at least 2 are needed, one to see and one to predict; ask for longer windows.");

    public static BadInputException IdOutside(string path, int id, long place, int vocabSize) =>
        new($"{path} gives token id {id} at place {place} and the model's vocabulary ends at {vocabSize - 1}; use the tokenizer that belongs to the model.");

    public static BadInputException OddBytes(string path, long size) =>
        new($"{path} has {size} bytes, an odd number, where token ids of two bytes are needed; write little-endian uint16 ids.");

    public static BadInputException RaggedRows(string path, long ids, int windowLength) =>
        new($"{path} has {ids} token ids, which do not fill rows of {windowLength}; give the window length it was written with.");

    public static BadInputException TooWideId(string path, int id) =>
        new($"Token id {id} does not fit the 16 bits that {path} has for each; keep windows of this model as text.");

    public static BadInputException NoTokenizer(string path) =>
        new($"{path} is text and the model has no tokenizer; give a tokenizer.json or token ids as .bin.");
}
