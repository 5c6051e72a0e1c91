using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Gguf.Tests;

/// <summary>Ids that llama.cpp makes of a text with a file's tokenizer, against ours.</summary>
public sealed class TokenizerTests
{
    /// <summary>Without special tokens, which llama.cpp finds only where a client says so, and without combining marks, which it does not compose.</summary>
    private static readonly string[] Texts =
    [
        "a",
        "Hello world",
        " leading and trailing ",
        "Once upon a time, there was a little girl named Lily. She didn't like it, they'll say WE'VE IT'S I'M you'd.",
        "The quick brown fox — “quoted”, naïve café, Straße, Ærøskøbing…",
        "从前有一座山，山里有一座庙。庙里有个老和尚在讲故事。",
        "日本語のテキスト、ひらがなとカタカナ。한국어 문장입니다. Привет, мир! שלום עולם مرحبا بالعالم",
        "def f(x):\n    return {\"a\": x ** 2, 'b': [1, 2, 3]}\n\n\nif __name__ == '__main__':\n\tprint(f(10))\r\n",
        "for (int i=0;i<n;++i){ sum+=a[i]*b[i]; } // <>&|^%$#@!~`",
        "😀😃 👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 🇩🇪 text 🤖.",
        "CJK extension B: 𠀀𠀁𪛖 mixed 漢𠮷字 and Deseret 𐐀𐐨",
        "  two   three    four     \t\ttabs\n\n\n  lines \n \n x\r\n\r\ny z",
        "0 1 12 123 1234 12345 3.14159 1e-10 ½ ² 2024-11-27",
        "http://example.org/a_b-c?d=e&f=%20#frag user@example.com ../path/to\\file.TXT",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!!!!!!!!!!!!!!!!!!======================",
    ];

    private static readonly string[] Shipped =
    [
        "tokenizers/gpt2", "tokenizers/llama2", "tokenizers/llama3", "tokenizers/mistral-v0.1", "tokenizers/qwen2.5", "models/minimind2-small-hf-f16",
        "models/stories15M-hf-f16",
    ];

    [TestCaseSource(nameof(Shipped))]
    [Category("Slow")]
    public void Ids_of_a_published_tokenizer_are_ours(string name)
    {
        var source = TokenizerSource.IfPresent(TokenizerFormat.HuggingFace, Shared.File(name), "tokenizer.json")!;
        var tokenizer = TokenizerReader.Load(source.Path);
        Compare(source, tokenizer, tokenizer.VocabSize + 3);
    }

    [Test]
    public void Ids_of_a_llama2_c_table_are_ours()
    {
        const int vocab = 512;
        var path = Shared.File("models/stories260K/tok512.bin");
        var length = new FileInfo(path).Length;
        Compare(new(TokenizerFormat.Llama2c, path, 0, length), TokenizerReader.LoadLlama2C(path, 0, length, vocab), vocab);
    }

    [TestCase(false)]
    [TestCase(true)]
    public void Ids_of_a_made_tokenizer_are_ours(bool begins)
    {
        using var folder = new TemporaryFolder();
        ByteTokenizer.Write(folder.Path, begins);
        Compare(folder);
    }

    [Test]
    public void Digits_on_their_own_are_named_smollm()
    {
        using var folder = new TemporaryFolder();
        var json = ByteTokenizer.Json();
        json["pre_tokenizer"] = new JsonObject
        {
            ["type"] = "Sequence",
            ["pretokenizers"] = new JsonArray(new JsonObject { ["type"] = "Digits", ["individual_digits"] = true }, json["pre_tokenizer"]!.DeepClone()),
        };
        folder.Write("tokenizer.json", json.ToJsonString());
        Compare(folder);
    }

    [Test]
    public void Bos_eos_and_template_are_keys_of_the_file()
    {
        using var folder = new TemporaryFolder();
        ByteTokenizer.Write(folder.Path, begins: true, new JsonObject
        {
            ["chat_template"] = new JsonArray(new JsonObject { ["name"] = "default", ["template"] = "{{ messages }}" }),
        });
        using var model = Model(ByteTokenizer.Count + 2, [ByteTokenizer.Eos, ByteTokenizer.Pad]);
        GgufExporter.Write(model, folder["gguf"], TokenizerSource.IfPresent(TokenizerFormat.HuggingFace, folder.Path, "tokenizer.json"));
        var keys = GgufFile.Read(folder["gguf"]).Keys;
        Assert.That(keys["tokenizer.ggml.bos_token_id"], Is.EqualTo((uint)ByteTokenizer.Bos));
        Assert.That(keys["tokenizer.ggml.add_bos_token"], Is.True);
        Assert.That(keys["tokenizer.ggml.add_eos_token"], Is.False);
        Assert.That(keys["tokenizer.ggml.eos_token_id"], Is.EqualTo((uint)ByteTokenizer.Eos));
        Assert.That(keys["tokenizer.ggml.eot_token_id"], Is.EqualTo((uint)ByteTokenizer.Pad));
        Assert.That(keys["tokenizer.chat_template"], Is.EqualTo("{{ messages }}"));
        var (tokens, kinds) = ((object[])keys["tokenizer.ggml.tokens"], (object[])keys["tokenizer.ggml.token_type"]);
        Assert.That(tokens.Distinct().Count(), Is.EqualTo(ByteTokenizer.Count + 2), "padded with names of their own");
        Assert.That((kinds[0], kinds[3], kinds[^1]), Is.EqualTo(((object)3, (object)1, (object)5)));
    }

    [Test]
    public void A_template_in_a_file_of_its_own_counts_for_more()
    {
        using var folder = new TemporaryFolder();
        ByteTokenizer.Write(folder.Path, config: new JsonObject { ["chat_template"] = "in the settings" });
        folder.Write("chat_template.jinja", "in its own file");
        Assert.That(ChatTemplate.Of(folder.Path), Is.EqualTo("in its own file"));
    }

    [Test]
    public void What_llama_cpp_would_read_as_other_ids_is_refused_by_name()
    {
        Refused(json => json["pre_tokenizer"] = null, "no pre-tokenizer like none");
        Refused(json => json["pre_tokenizer"]!["add_prefix_space"] = true, "no pre-tokenizer like ByteLevel");
        Refused(json => json["pre_tokenizer"] = JsonNode.Parse("""
            {"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"\\p{L}+"},"behavior":"Isolated","invert":false},
            {"type":"ByteLevel","add_prefix_space":false,"use_regex":false}]}
            """), @"no pre-tokenizer like Split at \p{L}+ and ByteLevel");
        Refused(json => json["normalizer"] = JsonNode.Parse("""{"type":"Replace","pattern":{"String":"a"},"content":"b"}"""), "no normalizer Replace");
        Refused(json => json["model"]!["byte_fallback"] = true, "no way to mark spaces by no normalizer and the pre-tokenizer ByteLevel");
        Refused(_ => { }, "tokens without a row of the embedding", ByteTokenizer.Count - 1);
    }

    [Test]
    public void Merges_that_scores_cannot_say_are_refused_by_name()
    {
        Refused(json => Piece(json, "a b", "ab c", "b c"), "no token that only some of its parts join to ('abc')");
        Refused(json => Piece(json, "a b", "ab c", "b c", "a bc", "ab c", "a b"), "no merges of one token ('abc') that stand apart");

        static void Piece(JsonObject json, params string[] merges)
        {
            json["normalizer"] = JsonNode.Parse("""{"type":"Replace","pattern":{"String":" "},"content":"▁"}""");
            json["pre_tokenizer"] = null;
            var vocab = new JsonObject();
            foreach (var token in new[] { "<pad>", "<s>", "</s>", "▁", "a", "b", "c", "ab", "bc", "abc" })
                vocab[token] = vocab.Count;
            (json["model"]!["vocab"], json["model"]!["merges"]) = (vocab, new JsonArray([.. merges.Select(merge => JsonValue.Create(merge))]));
            json["model"]!["byte_fallback"] = true;
        }
    }

    private static void Refused(Action<JsonObject> spoil, string why, int vocab = ByteTokenizer.Count)
    {
        using var folder = new TemporaryFolder();
        var json = ByteTokenizer.Json();
        spoil(json);
        folder.Write("tokenizer.json", json.ToJsonString());
        using var model = Model(vocab, [ByteTokenizer.Eos]);
        Assert.That(() => GgufExporter.Write(model, folder["gguf"], TokenizerSource.IfPresent(TokenizerFormat.HuggingFace, folder.Path, "tokenizer.json")),
            Throws.TypeOf<BadInputException>().With.Message.Contains(why).And.Message.Contains("export the model to ONNX"));
        Assert.That(Directory.Exists(folder["gguf"]), Is.False);
    }

    private static void Compare(TemporaryFolder folder) =>
        Compare(TokenizerSource.IfPresent(TokenizerFormat.HuggingFace, folder.Path, "tokenizer.json")!, TokenizerReader.Load(folder.Path), ByteTokenizer.Count);

    private static void Compare(TokenizerSource source, Tokens.Tokenizer tokenizer, int vocab)
    {
        using var folder = new TemporaryFolder();
        using var model = Model(vocab, [2]);
        GgufExporter.Write(model, folder["gguf"], source);
        using var llama = LlamaCpp.Open(folder["gguf"]);
        Assert.Multiple(() =>
        {
            foreach (var text in Texts)
            {
                Assert.That(llama.Encode(text), Is.EqualTo(tokenizer.Encode(text)), text);
                Assert.That(llama.Encode(text, addSpecial: true), Is.EqualTo(tokenizer.Encode(text, addSpecial: true)), text);
            }
        });
    }

    private static InMemoryModel Model(int vocab, int[] eos) =>
        SyntheticModels.Random(
            SyntheticModels.Config(layers: 1, hidden: 8, headDim: 8, kvHeads: 1, queryHeads: 1, ffn: 8, vocab: vocab) with { EosTokenIds = eos }, 1);
}
