using System.Text;
using System.Text.Json.Nodes;

namespace ForgePrune.Testing;

/// <summary>A byte-level tokenizer that can write every text: three control tokens, the 256 bytes and a few merges.</summary>
public static class ByteTokenizer
{
    public const int Pad = 0, Bos = 1, Eos = 2, Count = 3 + 256 + 5;

    public const string BosToken = "<s>", EosToken = "</s>";

    private static readonly string[] Control = ["<pad>", BosToken, EosToken];

    private static readonly (string Left, string Right)[] Merges = [("t", "h"), ("th", "e"), ("Ġ", "the"), ("a", "t"), ("Ġ", "a")];

    /// <param name="begins">Whether the post-processor puts BOS before a text.</param>
    public static JsonObject Json(bool begins = false)
    {
        var vocab = new JsonObject();
        foreach (var token in Control.Concat(Enumerable.Range(0, 256).Select(Written)).Concat(Merges.Select(merge => merge.Left + merge.Right)))
            vocab[token] = vocab.Count;
        return new JsonObject
        {
            ["version"] = "1.0",
            ["added_tokens"] = new JsonArray([.. Control.Select((token, id) => Added(id, token))]),
            ["normalizer"] = null,
            ["pre_tokenizer"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["trim_offsets"] = true, ["use_regex"] = true },
            ["post_processor"] = begins ? Template() : null,
            ["decoder"] = new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = true, ["trim_offsets"] = true, ["use_regex"] = true },
            ["model"] = new JsonObject
            {
                ["type"] = "BPE",
                ["vocab"] = vocab,
                ["merges"] = new JsonArray([.. Merges.Select(merge => JsonValue.Create($"{merge.Left} {merge.Right}"))]),
            },
        };
    }

    /// <summary>Writes tokenizer.json, and a tokenizer_config.json where one is given.</summary>
    public static void Write(string folder, bool begins = false, JsonObject? config = null)
    {
        Write(folder, "tokenizer.json", Json(begins));
        if (config is not null)
            Write(folder, "tokenizer_config.json", config);
    }

    public static JsonObject Added(int id, string content) => new()
    {
        ["id"] = id,
        ["content"] = content,
        ["single_word"] = false,
        ["lstrip"] = false,
        ["rstrip"] = false,
        ["normalized"] = false,
        ["special"] = true,
    };

    private static JsonObject Template() => new()
    {
        ["type"] = "TemplateProcessing",
        ["single"] = new JsonArray(
            new JsonObject { ["SpecialToken"] = new JsonObject { ["id"] = BosToken, ["type_id"] = 0 } },
            new JsonObject { ["Sequence"] = new JsonObject { ["id"] = "A", ["type_id"] = 0 } }),
        ["pair"] = new JsonArray(),
        ["special_tokens"] = new JsonObject
        {
            [BosToken] = new JsonObject
            {
                ["id"] = BosToken,
                ["ids"] = new JsonArray(Bos),
                ["tokens"] = new JsonArray(BosToken)
            }
        },
    };

    /// <summary>GPT-2's letter for a byte: itself where it prints, and else one beyond Latin-1, in order.</summary>
    private static string Written(int value)
    {
        static bool Prints(int code) => code is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or (>= 0xAE and <= 0xFF);
        return ((char)(Prints(value) ? value : 256 + Enumerable.Range(0, value).Count(code => !Prints(code)))).ToString();
    }

    private static void Write(string folder, string name, JsonObject json) =>
        File.WriteAllText(Path.Combine(folder, name), json.ToJsonString(), new UTF8Encoding(false));
}
