using System.Text.Json.Nodes;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>What eval, generate, bench, and inspect say of the folder of a pruned model with experts.</summary>
[Parallelizable(ParallelScope.All)]
[Category("EndToEnd")]
public sealed class ExpertFolderTests
{
    [Test]
    public void A_pruned_model_with_narrower_experts_is_read_by_every_command()
    {
        using var folder = new TemporaryFolder();
        // Four of five experts are passed: most of what leaves must leave inside of them.
        var kind = new MlpKind { ExpertWidth = 64, PerToken = 4, Normalized = true };
        var config = SyntheticModels.Config(layers: 2, hidden: 64, headDim: 16, ffn: 5 * kind.ExpertWidth, vocab: ByteTokenizer.Count) with
        {
            Family = "mixtral",
            TiedEmbeddings = false,
            Mlp = [kind, kind],
        };
        using (var model = SyntheticModels.Random(config, SyntheticRun.Seed))
            SyntheticCheckpoint.Write(model, folder["model"]);
        ByteTokenizer.Write(folder["model"]);
        SyntheticRun.WriteText(folder["text.bin"], SyntheticRun.Windows);
        var run = Require(Tool.Run(folder, [.. PruneRun.Words("run").Select(word => word == "0.6" ? "0.4" : word)]));
        Assert.That(run, Does.Contain("experts"));
        var layer = JsonNode.Parse(File.ReadAllText(folder["run/summary.json"]))!["layers"]![0]!;
        var (ffn, experts) = ((int)layer["ffn"]!, (int)layer["experts"]!);
        Assert.That(experts, Is.AnyOf(4, 5));
        Assert.That(ffn / experts, Is.AnyOf(16, 32, 48));
        Assert.That((int)JsonNode.Parse(File.ReadAllText(folder["run/safetensors/config.json"]))!["intermediate_size"]!, Is.EqualTo(ffn / experts));

        Assert.That(Divergence("model"), Is.InRange(1e-6, 10));
        Assert.That(Divergence("run/safetensors"), Is.Zero.Within(1e-5));
        Assert.That(Require(Tool.Run(folder, "generate", "run/onnx", "--prompt", "the", "--tokens", "8", "--threads", "1")), Does.StartWith("the"));
        var times = JsonNode.Parse(Require(Tool.Run(folder, "bench", "model", "run/onnx", "--workload", "1,8,8", "--threads", "1", "--json")))!;
        Assert.That(times.ToJsonString(), Does.Contain("decode"));
        Assert.That(Require(Tool.Run(folder, "inspect", "run/safetensors")), Does.Contain($"{ffn / experts} channels each"));

        double Divergence(string against) => (double)JsonNode.Parse(Require(Tool.Run(
            folder, "eval", "run/onnx", "--text", "text.bin", "--window", "32", "--against", against, "--threads", "1", "--json")))!["kl"]!;
    }

    private static string Require(Tool tool)
    {
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        return tool.Output;
    }
}
