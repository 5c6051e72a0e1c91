using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Gguf;
using ForgePrune.Methods;
using ForgePrune.Model;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Quantization;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;
using ForgePrune.Tokens.Text;
using ForgePrune.Training;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>Whole runs on made checkpoints with experts, and what such runs are refused.</summary>
[NonParallelizable]
public sealed class ExpertRunTests
{
    private static ModelConfig Config(string family)
    {
        var kind = new MlpKind { ExpertWidth = 32, PerToken = 2, Normalized = family == "mixtral" };
        return SyntheticModels.Config(layers: 3, hidden: 64, headDim: 16, kvHeads: 2, queryHeads: 4, ffn: 8 * kind.ExpertWidth, SyntheticRun.Vocab) with
        {
            Family = family,
            QkNorm = family == "qwen3_moe",
            // A head of its own: with a tied one they repeat their last token.
            TiedEmbeddings = false,
            Mlp = [kind, kind, kind],
        };
    }

    [TestCase("mixtral", "0.6", Metric.Prunable)]
    [TestCase("qwen3_moe", "0.5", Metric.Prunable)]
    [TestCase("mixtral", "1.2x", Metric.Decode)]
    [Category("EndToEnd")]
    public void A_run_removes_experts_and_channels_inside_of_them_equally_many_in_all_layers(string family, string target, Metric metric)
    {
        using var folder = new TemporaryFolder();
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", folder["cache"]);
        try
        {
            using (var model = SyntheticModels.Random(Config(family), SyntheticRun.Seed))
                SyntheticCheckpoint.Write(model, folder["model"]);
            SyntheticRun.WriteText(folder["text.bin"], SyntheticRun.Windows);
            var settings = SyntheticSettings.Of(folder, "run") with
            {
                Target = new Target(metric, Target.Parse(target).Share),
                Gguf = family == "mixtral" ? GgufType.F32 : null,
            };
            RequireRun.Consistent(settings, mayMiss: metric.IsLatency());
            if (metric.IsLatency())
            {
                var table = JsonNode.Parse(File.ReadAllText(folder["run/latency/latency.json"]))!["decode"]!;
                Assert.That(table["experts"]!.AsArray().Select(row => ((int)row!["experts"]!, (int)row["width"]!)),
                    Is.EqualTo(new[] { (8, 32), (8, 16), (4, 32), (4, 16), (2, 32), (2, 16) }));
                Assert.That(table["ffn"]!.AsArray(), Is.Empty);
            }

            if (!Directory.Exists(folder["run/safetensors"]))
                return;
            using var dense = DecoderModel.Open(folder["model"]);
            using var pruned = DecoderModel.Open(folder["run"]);
            Assert.That(pruned.Config.Mlp.Select(kind => kind with { ExpertWidth = 32 }), Is.EqualTo(dense.Config.Mlp));
            Assert.That(pruned.Config.MlpOf(0).ExpertWidth, Is.AnyOf(16, 32));
            Assert.That(pruned.Config.Layers.Distinct().Count(), Is.EqualTo(1));
            Assert.That(pruned.Config.MlpOf(0).Allows(pruned.Config.Layers[0].Ffn));
            Assert.That(File.ReadAllText(folder["run/safetensors/config.json"]), Does.Contain($"\"model_type\": \"{family}\""));
            Assert.That(Directory.Exists(folder["run/gguf"]), Is.EqualTo(settings.Gguf is not null));
            var contest = RequireRun.Last(folder["run"], "contest")!;
            var winner = contest["contenders"]!.AsArray().Single(contender => (string?)contender!["name"] == (string?)contest["chosen"])!;
            var fits = winner["blocks"]!.AsArray().Single(block => (string?)block!["block"] == "layer 1 down_proj")!["experts"]!.AsArray();
            Assert.That(fits, Has.Count.EqualTo(pruned.Config.MlpOf(1).Experts(pruned.Config.Layers[1].Ffn)));
            // Every token of the text that is fitted to passes two.
            Assert.That(fits.Sum(expert => (long)expert!["tokens"]!), Is.GreaterThan(0).And.EqualTo(2 * TextParts.OfRuns(
                TokenFile.Read(folder["text.bin"], SyntheticRun.Window, SyntheticRun.Vocab), settings.Seed, alone: false).Fitting.TokenCount));
            Assert.That(File.ReadAllText(folder["run/report.html"]), Does.Contain($" of {fits.Count} experts"));
        }
        finally
        {
            Environment.SetEnvironmentVariable("XDG_CACHE_HOME", cache);
        }
    }

    [Test]
    public void What_experts_do_not_get_is_refused_by_name_before_any_work()
    {
        using var folder = new TemporaryFolder();
        using (var model = SyntheticModels.Random(Config("mixtral"), SyntheticRun.Seed))
            SyntheticCheckpoint.Write(model, folder["model"]);
        SyntheticRun.WriteText(folder["text.bin"], SyntheticRun.Windows);
        var plain = SyntheticSettings.Of(folder, "run");
        foreach (var (settings, named) in new (PruneSettings, string)[]
        {
            (plain with { Recovery = new RecoverySettings(1024, null, RecoveryLoss.Kl, 1e-4) }, "`Recovery`"),
            (plain with { Polish = PolishChoice.On }, "`Polish`"),
            (plain with { Affine = true }, "set Affine to false"),
            (plain with { Quantize = new QuantizationSettings(8, QuantizationMethod.Rtn, 32) }, "`Quantize`"),
            (plain with { Gguf = GgufType.Q8 }, "`Gguf` q8_0"),
            (plain with { Shapes = PlanShapes.Decilm }, "`Shapes` decilm"),
            (plain with { Method = MethodCatalog.Find("wanda-sp") }, "`Method` wanda-sp"),
        })
        {
            Assert.That(() => PrunePipeline.Run(settings, OnnxServing.Cpu, LargeModels.Usual, Progress.NoProgress.Instance, default),
                Throws.TypeOf<BadInputException>().With.Message.Contains(named));
            Assert.That(Directory.Exists(folder["run"]), Is.False);
        }

        var mixed = SyntheticExperts.All["qwen3_moe, a layer without experts"];
        Assert.That(() => ExpertRuns.Of(plain, mixed), Throws.TypeOf<BadInputException>().With.Message.Contains("layers differ"));
        Assert.That(() => new ParameterLayout(mixed), Throws.TypeOf<BadInputException>().With.Message.Contains("not trained"));
        Assert.That(ExpertRuns.Of(plain, SyntheticModels.Config()), Is.SameAs(plain));
        Assert.That(ExpertRuns.Of(plain with { Polish = PolishChoice.Auto }, Config("mixtral")), Is.EqualTo(plain with
        {
            Polish = PolishChoice.Off,
            Shapes = PlanShapes.Uniform,
            Method = plain.Method.For(PlanShapes.Uniform)!,
        }).Using<PruneSettings>((a, b) => (a.Polish, a.Shapes, a.Method.PlannedBy) == (b.Polish, b.Shapes, b.Method.PlannedBy)));
        Assert.That(() => ExpertRuns.RequireOneProcess(mixed), Throws.TypeOf<BadInputException>().With.Message.Contains("prune it in one"));
    }
}
