using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Tests.Export;

/// <summary>Whatever stands in a tokenizer's files, an export is written, reads as they do, and GenAI neither falls over nor goes unheard.</summary>
public sealed class TokenizerExportFuzzTests
{
    private const string Text = "the cat  sat at 12.\n";

    private static readonly int Seed = Fuzz.Seed(20261128);

    private static readonly JsonObject Config = new()
    {
        ["tokenizer_class"] = "LlamaTokenizer",
        ["bos_token"] = ByteTokenizer.BosToken,
        ["eos_token"] = ByteTokenizer.Added(2, ByteTokenizer.EosToken),
        ["unk_token"] = null,
        ["pad_token"] = "<pad>",
        ["add_bos_token"] = true,
        ["add_eos_token"] = false,
        ["clean_up_tokenization_spaces"] = false,
        ["model_max_length"] = 2048,
        ["chat_template"] = new JsonArray(new JsonObject { ["name"] = "default", ["template"] = "{% for m in messages %}{{ m['content'] }}{% endfor %}" }),
        ["added_tokens_decoder"] = new JsonObject { ["2"] = ByteTokenizer.Added(2, ByteTokenizer.EosToken) },
        ["auto_map"] = new JsonObject { ["AutoTokenizer"] = new JsonArray("tokenization_x.X", null) },
    };

    [Test]
    [Category("Slow")]
    public void An_export_of_any_tokenizer_reads_as_the_model_does_and_GenAI_says_what_it_makes_of_it()
    {
        var (random, count, unread, faults) = (new Random(Seed), Fuzz.Count(300), 0, 0);
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["model"]);
        for (var i = 0; i < count; i++)
        {
            var spoilsConfig = random.Next(2) == 0;
            folder.Write("model/tokenizer.json", spoilsConfig ? ByteTokenizer.Json(begins: true).ToJsonString()
                : JsonMutation.Of(ByteTokenizer.Json(begins: true), random));
            folder.Write("model/tokenizer_config.json", spoilsConfig ? JsonMutation.Of(Config, random) : Config.ToJsonString());
            var why = $"seed {Seed}, mutation {i}: {File.ReadAllText(folder["model/tokenizer_config.json"])}\n{File.ReadAllText(folder["model/tokenizer.json"])}";
            // A fault in native code ends the process: this line says with what.
            if (Fuzz.Count(0) > 0)
                File.WriteAllText(Path.Combine(Path.GetTempPath(), "forgeprune-fuzz-last.txt"), why);
            Directory.CreateDirectory(folder["onnx"]);
            File.WriteAllBytes(folder["onnx/genai_config.json"], GenAiConfig.Of(ExportCases.Plain));
            var file = new FileInfo(folder["model/tokenizer.json"]);
            ExportedTokenizer.Write(new TokenizerSource(TokenizerFormat.HuggingFace, file.FullName, 0, file.Length), ByteTokenizer.Count, folder["onnx"]);
            if (GenAiTokenizer.Fault(folder["onnx"]) is not null)
                faults++;
            if (Ids(folder["model"]) is not { } ids)
                unread++;
            else
                Assert.That(Ids(folder["onnx"]), Is.EqualTo(ids), why);
            Directory.Delete(folder["onnx"], recursive: true);
        }
        TestContext.Out.WriteLine($"{count} mutations, seed {Seed}, {unread} not read by us, {faults} with something to say about GenAI");
        Assert.That((unread, faults), Is.InRange((count / 20, count / 20), (count, count * 9 / 10)));
    }

    private static int[]? Ids(string folder)
    {
        try
        {
            return TokenizerReader.Load(folder).Encode(Text, addSpecial: true);
        }
        catch (BadInputException)
        {
            return null;
        }
    }
}
