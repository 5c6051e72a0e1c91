using ForgePrune.Tokens.Bpe;

namespace ForgePrune.Gguf.Vocabulary;

/// <summary>How llama.cpp calls the ways to cut a text for byte-level BPE. It holds the expressions itself: the file names one of them.</summary>
internal static class SplitNames
{
    private const string Llama3 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
        Qwen2 = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <summary>The name for Llama 3's cut, with which llama.cpp takes a word that is a token as it is.</summary>
    public const string LlamaBpe = "llama-bpe";

    /// <param name="root">The whole tokenizer.json.</param>
    /// <exception cref="Errors.BadInputException">llama.cpp has no such cut.</exception>
    public static string Of(JsonPart root)
    {
        var steps = root.Find("pre_tokenizer") is not { } part ? []
            : part.Type() == "Sequence" ? part.Get("pretokenizers").Items() : [part];
        return steps switch
        {
            [var bytes] when IsBytes(bytes, cuts: true) => "gpt-2",
            [var digits, var bytes] when digits.Type() == "Digits" && digits.Flag("individual_digits", false) && IsBytes(bytes, cuts: true) => "smollm",
            [var split, var bytes] when Expression(split) == Llama3 && IsBytes(bytes, cuts: false) => LlamaBpe,
            [var split, var bytes] when Expression(split) == Qwen2 && IsBytes(bytes, cuts: false) => "qwen2",
            _ => throw GgufErrors.Vocabulary(root.File, $"pre-tokenizer like {Shown(steps)}"),
        };
    }

    private static bool IsBytes(JsonPart part, bool cuts) =>
        part.Type() == "ByteLevel" && part.Flag("use_regex", true) == cuts && !part.Flag("add_prefix_space", true);

    private static string? Expression(JsonPart part) =>
        part.Type() == "Split" && part.Get("behavior").Text() == "Isolated" && !part.Flag("invert", false)
            ? part.Get("pattern").Find("Regex")?.Text() : null;

    private static string Shown(List<JsonPart> steps) => steps.Count == 0 ? "none"
        : string.Join(" and ", steps.Select(step => Expression(step) is { } expression ? $"{step.Type()} at {expression}" : step.Type()));
}
