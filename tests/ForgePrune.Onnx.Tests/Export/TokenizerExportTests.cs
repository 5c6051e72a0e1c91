using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Tests.Export;

/// <summary>The tokenizer of an export: GenAI loads it, and reads as the model's own does.</summary>
public sealed class TokenizerExportTests
{
    private const string Template = "{% for m in messages %}{{ m['content'] }}{% endfor %}";

    private TemporaryFolder folder = null!;

    [SetUp]
    public void Make()
    {
        folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["model"]);
        Directory.CreateDirectory(folder["onnx"]);
        File.WriteAllBytes(folder["onnx/genai_config.json"], GenAiConfig.Of(ExportCases.Plain));
    }

    [TearDown]
    public void Remove() => folder.Dispose();

    [TestCase("null")]
    [TestCase("\"\"")]
    [TestCase("\"MyOwnTokenizer\"")]
    [TestCase("\"LlamaTokenizerFast\"")] // GenAI knows it, and cuts every number into digits for it
    [TestCase("\"GPT2Tokenizer\"")]
    [TestCase("7")]
    [TestCase(null)]
    public void GenAI_loads_the_tokenizer_whatever_class_it_names(string? tokenizerClass)
    {
        var config = new JsonObject
        {
            ["bos_token"] = ByteTokenizer.BosToken,
            ["auto_map"] =
            new JsonObject { ["AutoTokenizer"] = new JsonArray("tokenization_x.X", null) }
        };
        if (tokenizerClass is not null)
            config["tokenizer_class"] = JsonNode.Parse(tokenizerClass);
        var written = Export(config);
        Assert.That(GenAiTokenizer.Fault(folder["onnx"]), Is.Null);
        Assert.That((written["tokenizer_class"]!.GetValue<string>(), written.ContainsKey("auto_map")), Is.EqualTo(("PreTrainedTokenizerFast", false)));
    }

    [TestCase("\"one\"", null, "one")]
    [TestCase("""[{"name":"tool_use","template":"x"},{"name":"default","template":"one"}]""", null, "one")]
    [TestCase("""{"default":"one","rag":"x"}""", null, "one")]
    [TestCase("""[{"name":"tool_use","template":"x"}]""", null, null)]
    [TestCase("null", null, null)]
    [TestCase("null", "file", "file")]
    [TestCase("""[{"name":"default","template":"one"}]""", "file", "file")]
    public void The_template_is_the_one_that_a_client_gets_who_names_none(string given, string? inFile, string? expected)
    {
        if (inFile is not null)
            File.WriteAllText(folder["model/chat_template.jinja"], Template + inFile);
        var written = Export(new JsonObject { ["chat_template"] = JsonNode.Parse(given.Replace("one", Template + "one", StringComparison.Ordinal)) });
        Assert.That(GenAiTokenizer.Fault(folder["onnx"]), Is.Null);
        Assert.That(written["chat_template"]?.GetValue<string>(), Is.EqualTo(expected is null ? null : Template + expected));
    }

    [Test]
    public void An_export_begins_texts_as_its_model_does([Values] bool template, [Values(true, false, null)] bool? addBos,
        [Values(null, "LlamaTokenizer", "Own")] string? tokenizerClass)
    {
        var config = new JsonObject { ["bos_token"] = ByteTokenizer.BosToken, ["tokenizer_class"] = tokenizerClass };
        if (addBos is { } add)
            config["add_bos_token"] = add;
        Export(config, template);
        int? begin = TokenizerReader.Load(folder["model"]).BeginTokenId;
        Assert.That(begin, Is.EqualTo(addBos ?? template ? ByteTokenizer.Bos : (int?)null));
        Assert.That(TokenizerReader.Load(folder["onnx"]).BeginTokenId, Is.EqualTo(begin));
        // GenAI takes the post-processor's word before add_bos_token's: that is for its clients to know.
        Assert.That(GenAiTokenizer.Fault(folder["onnx"]), template && addBos == false ? Does.Contain("the beginning of a text") : Is.Null);
    }

    [Test]
    public void A_tokenizer_that_GenAI_reads_otherwise_is_named()
    {
        var json = ByteTokenizer.Json();
        json["normalizer"] = JsonNode.Parse("""{"type":"Replace","pattern":{"String":"fox"},"content":"the"}""");
        Export([], json);
        Assert.That(GenAiTokenizer.Fault(folder["onnx"]), Does.Contain("otherwise than it is meant, for words;"));
    }

    [Test]
    public void What_we_cannot_read_goes_along_as_it_is()
    {
        var json = ByteTokenizer.Json();
        json["model"] = JsonNode.Parse("""{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0.0],["▁",-1.0]]}""");
        Export(new JsonObject { ["tokenizer_class"] = "PreTrainedTokenizerFast" }, json);
        Assert.That(GenAiTokenizer.Fault(folder["onnx"]), Does.Contain("cannot load the exported tokenizer").And.Not.Contain(folder.Path));
        // GenAI's own object for a tokenizer that was not loaded ends the process when it is finalized.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        foreach (var name in (string[])["tokenizer.json", "tokenizer_config.json"])
            Assert.That(File.ReadAllText(folder[$"onnx/{name}"]), Is.EqualTo(File.ReadAllText(folder[$"model/{name}"])), name);
    }

    [Test]
    public void A_folder_without_tokenizer_has_no_fault() => Assert.That(GenAiTokenizer.Fault(folder["onnx"]), Is.Null);

    [TestCase("tokenizers/gpt2")]
    [TestCase("tokenizers/llama2")]
    [TestCase("tokenizers/llama3")]
    [TestCase("tokenizers/mistral-v0.1")]
    [TestCase("tokenizers/qwen2.5")]
    [TestCase("models/minimind2-small-hf-f16")]
    [TestCase("models/stories15M-hf-f16")]
    [Category("Slow")]
    public void GenAI_reads_real_tokenizers_as_we_do(string name)
    {
        Write(Shared.File(name));
        Assert.That(GenAiTokenizer.Fault(folder["onnx"]), Is.Null);
        Assert.That(TokenizerReader.Load(folder["onnx"]).BeginTokenId, Is.EqualTo(TokenizerReader.Load(Shared.File(name)).BeginTokenId));
    }

    private JsonObject Export(JsonObject config, bool template = false) => Export(config, ByteTokenizer.Json(template));

    private JsonObject Export(JsonObject config, JsonObject tokenizer)
    {
        folder.Write("model/tokenizer.json", tokenizer.ToJsonString());
        folder.Write("model/tokenizer_config.json", config.ToJsonString());
        Write(folder["model"]);
        return JsonNode.Parse(File.ReadAllText(folder["onnx/tokenizer_config.json"]))!.AsObject();
    }

    private void Write(string model)
    {
        var file = new FileInfo(Path.Combine(model, "tokenizer.json"));
        ExportedTokenizer.Write(new TokenizerSource(TokenizerFormat.HuggingFace, file.FullName, 0, file.Length), ByteTokenizer.Count, folder["onnx"]);
    }
}
