using System.Text.Json.Nodes;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>Exports for GPUs and for generation, and folders of others, through the verbs that take them.</summary>
[Category("EndToEnd")]
public sealed class OnnxFormsTests
{
    private const string Prompt = "Once upon a time";

    [Test]
    public void A_folder_of_others_is_timed_and_continued_and_a_text_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        var model = Shared.File("models/stories260K/stories260K.bin");
        Require(Tool.Run(folder, "export", model, "--out", "own", "--dtype", "f16", "--logits", "last"));
        Disguise(folder);

        var figures = JsonNode.Parse(Require(Tool.Run(folder, "bench", model, "foreign", "--workload", "1,8,8", "--threads", "1", "--json")))!;
        foreach (var phase in new[] { "prefill", "decode" })
            Assert.That((double)figures[phase]!["speedup"]!["median"]!, Is.GreaterThan(0));
        Assert.That(Require(Tool.Run(folder, "generate", "foreign", "--prompt", Prompt, "--tokens", "24")),
            Is.EqualTo(Require(Tool.Run(folder, "generate", model, "--prompt", Prompt, "--tokens", "24"))));

        folder.Write("text.txt", string.Join(' ', Enumerable.Repeat("Once upon a time there was a cat.", 200)));
        Refused(Tool.Run(folder, "eval", "foreign", "--text", "text.txt"), "foreign computes the logits of the last position only");
        Assert.That(Require(Tool.Run(folder, "inspect", "foreign")), Does.Contain("decoder.onnx"));
    }

    [Test]
    public void Codes_in_standard_operators_generate_as_those_of_MatMulNBits()
    {
        using var folder = new TemporaryFolder();
        var model = Shared.File("models/stories260K/stories260K.bin");
        foreach (var form in new[] { "nbits", "qdq" })
            Require(Tool.Run(folder, "export", model, "--out", form, "--quantize", "int8", "--quantize-method", "rtn", "--quantize-format", form));
        Assert.That(Require(Tool.Run(folder, "generate", "qdq", "--prompt", Prompt, "--tokens", "24")),
            Is.EqualTo(Require(Tool.Run(folder, "generate", "nbits", "--prompt", Prompt, "--tokens", "24"))));
    }

    [Test]
    public void A_weight_too_large_for_float16_leaves_nothing_and_is_named()
    {
        using var folder = new TemporaryFolder();
        var model = SyntheticModels.Random(SyntheticModels.Config(2, 32, headDim: 16, ffn: 96), seed: 75);
        model.ReadLayer(0).Attention!.Value.Values[0] = 7e4f;
        SyntheticCheckpoint.Write(model, folder["model"]);
        Refused(Tool.Run(folder, "export", "model", "--out", "out", "--dtype", "f16"), "model.layers.0.self_attn.v_proj.weight holds 7e+4");
        Assert.That(Directory.GetDirectories(folder.Path).Select(Path.GetFileName), Is.EqualTo(new[] { "model" }));
        Require(Tool.Run(folder, "export", "model", "--out", "out", "--dtype", "bf16"));
    }

    /// <summary>Another file name, and caches that are copied.</summary>
    private static void Disguise(TemporaryFolder folder)
    {
        Directory.Move(folder["own"], folder["foreign"]);
        File.Move(folder["foreign/model.onnx"], folder["foreign/decoder.onnx"]);
        var config = JsonNode.Parse(File.ReadAllText(folder["foreign/genai_config.json"]))!;
        config["model"]!["decoder"]!["filename"] = "decoder.onnx";
        config["search"]!["past_present_share_buffer"] = false;
        folder.Write("foreign/genai_config.json", config.ToJsonString());
    }

    private static string Require(Tool tool)
    {
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        return tool.Output;
    }

    private static void Refused(Tool tool, string part)
    {
        Assert.That((tool.ExitCode, tool.ErrorLines.Length), Is.EqualTo((2, 1)), tool.Error);
        Assert.That(tool.Error, Does.Contain(part));
    }
}
