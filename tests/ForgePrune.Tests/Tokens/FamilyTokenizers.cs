using System.Text.Json.Nodes;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Tokens;

/// <summary>Tokenizers built as those of families whose own files are not at hand: normalizer, pre-tokenizer, decoder, and added tokens are theirs, vocabulary
/// and merges those of a tokenizer that is. The original library judges them as it judges any.</summary>
internal static class FamilyTokenizers
{
    // The pattern of o200k: a word is of one kind of case, and takes its English ending along.
    private const string CaseWords = @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
        + @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|"
        + @"\s*[\r\n]+|\s+(?!\S)|\s+";

    // That of Llama 3 and SmolLM3.
    private const string LlamaWords = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    private static readonly Dictionary<string, Func<JsonNode>> Made = new()
    {
        ["gemma"] = () => Gemma(splits: true),
        // As older files have it: spaces become marks before anything is cut, and nothing is.
        ["gemma, uncut"] = () => Gemma(splits: false),
        ["phi-3"] = Phi3,
        ["phi-4-mini"] = () => ByteLevel(CaseWords, "Removed", invert: true, ignoreMerges: false),
        ["o200k"] = () => ByteLevel(CaseWords, "Isolated", invert: false, ignoreMerges: true),
        ["smollm3"] = () => ByteLevel(LlamaWords, "Isolated", invert: false, ignoreMerges: true),
    };

    public static IEnumerable<string> Names => Made.Keys;

    public static IEnumerable<string> Texts =>
    [
        .. Samples.Texts, "<h1>Title</h1>\n\n\n\nText\n\n  <b>x</b>", "▁▁ ▁▁▁", "<|user|>\nHi there<|end|>  \n<|assistant|>   yes",
        "HTTPServer's McDonald'S iPhone'll",
        "Ǆungla ǅungla ʰa", "a/b//c/\n/", "x'RE y’re",
    ];

    /// <summary>The file of one.</summary>
    public static string Of(string name) => Made[name]().ToJsonString();

    private static JsonNode Gemma(bool splits)
    {
        var file = Real("llama2");
        file["normalizer"] = JsonNode.Parse("""{"type":"Replace","pattern":{"String":" "},"content":"▁"}""");
        file["pre_tokenizer"] = splits ? JsonNode.Parse("""{"type":"Split","pattern":{"String":" "},"behavior":"MergedWithPrevious","invert":false}""") : null;
        file["decoder"] = JsonNode.Parse(
            """{"type":"Sequence","decoders":[{"type":"Replace","pattern":{"String":"▁"},"content":" "},{"type":"ByteFallback"},{"type":"Fuse"}]}""");
        Add(file, "\n\n", special: false);
        Add(file, "▁▁▁", special: false);
        Add(file, "<h1>", special: false);
        Add(file, "<start_of_turn>", special: true);
        return file;
    }

    private static JsonNode Phi3()
    {
        var file = Real("llama2");
        foreach (var name in new[] { "<|endoftext|>", "<|assistant|>", "<|end|>", "<|user|>" })
            Add(file, name, special: true, stripsRight: name != "<|endoftext|>");
        return file;
    }

    private static JsonNode ByteLevel(string words, string behavior, bool invert, bool ignoreMerges)
    {
        var file = Real("gpt2");
        file["pre_tokenizer"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JsonArray(
                new JsonObject
                {
                    ["type"] = "Split",
                    ["pattern"] = new JsonObject { ["Regex"] = words },
                    ["behavior"] = behavior,
                    ["invert"] = invert,
                },
                JsonNode.Parse("""{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}""")),
        };
        file["model"]!["ignore_merges"] = ignoreMerges;
        return file;
    }

    private static JsonNode Real(string name) => JsonNode.Parse(File.ReadAllText(Shared.File($"tokenizers/{name}/tokenizer.json")))!;

    private static void Add(JsonNode file, string content, bool special, bool stripsRight = false)
    {
        var vocabulary = file["model"]!["vocab"]!.AsObject();
        var free = vocabulary.Select(token => (int)token.Value!).Concat(file["added_tokens"]!.AsArray().Select(token => (int)token!["id"]!)).Max() + 1;
        // One that the vocabulary has already keeps its id.
        var token = new JsonObject { ["id"] = (int?)vocabulary[content] ?? free, ["content"] = content, ["special"] = special };
        foreach (var name in new[] { "single_word", "lstrip", "rstrip", "normalized" })
            token[name] = stripsRight && name == "rstrip";
        file["added_tokens"]!.AsArray().Add(token);
    }
}
