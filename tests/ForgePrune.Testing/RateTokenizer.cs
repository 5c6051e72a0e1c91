using System.Text;
using System.Text.Json.Nodes;

namespace ForgePrune.Testing;

/// <summary>A byte-level tokenizer.json of every printable character, a space and a line end, and of longer tokens that tempt a writer of rate
/// lists: some fit the form in one place and break it in another.</summary>
public static class RateTokenizer
{
    public static readonly string[] Longer =
        ["[4", "[[", "12", "00", "05", "100", ", ", "  ", ", 5", ",,", "5, ", "0]", "]]", "] [", ",]", "[]", "0, 0, 0", "7, 8, 9]", "50, 50, 50, 50]", "ab"];

    /// <summary>Ids, the longer ones included.</summary>
    public static int Count => Characters.Length + Longer.Length;

    private static string Characters => string.Concat(Enumerable.Range('!', '~' - '!' + 1).Select(code => (char)code)) + " \n";

    /// <param name="without">A character left out of the vocabulary.</param>
    /// <param name="count">Ids in all, filled up with words that fit no list.</param>
    public static string Json(char? without = null, int count = 0)
    {
        var vocab = new JsonObject();
        foreach (var token in Characters.Where(character => character != without).Select(character => character.ToString()).Concat(Longer))
            vocab[token.Replace(' ', 'Ġ').Replace('\n', 'Ċ')] = vocab.Count;
        while (vocab.Count < count)
            vocab[$"word{vocab.Count}"] = vocab.Count;
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray(),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = true },
            ["post_processor"] = null,
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel" },
            ["model"] = new JsonObject { ["type"] = "BPE", ["vocab"] = vocab, ["merges"] = new JsonArray() },
        }.ToJsonString();
    }

    public static void Write(string folder, char? without = null, int count = 0) =>
        File.WriteAllText(Path.Combine(folder, "tokenizer.json"), Json(without, count), new UTF8Encoding(false));
}
