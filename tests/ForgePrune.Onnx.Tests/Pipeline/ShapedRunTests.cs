using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Methods;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>Runs whose plans may have certain shapes only.</summary>
[NonParallelizable]
[Category("EndToEnd")]
public sealed class ShapedRunTests : SyntheticRunFixture
{
    /// <summary>Every key that stock configs of transformers have too.</summary>
    private static readonly string[] Stock =
    [
        "model_type", "architectures", "hidden_size", "num_hidden_layers", "num_attention_heads", "num_key_value_heads", "head_dim", "intermediate_size",
        "vocab_size", "max_position_embeddings", "rms_norm_eps", "rope_theta", "rope_scaling", "hidden_act", "tie_word_embeddings", "bos_token_id",
        "eos_token_id", "pad_token_id", "torch_dtype", "attention_bias", "mlp_bias",
    ];

    [Test]
    public void Stories260K_pruned_to_equal_layers_is_a_stock_model([Values] bool quick)
    {
        SyntheticRun.WriteText(Folder["stories.bin"], SyntheticRun.Windows, vocab: 512);
        var settings = Settings($"stories-{quick}", new Target(Metric.Prunable, 0.6)) with
        {
            Model = Shared.File("models/stories260K/stories260K.bin"),
            Calibration = Folder["stories.bin"],
            Shapes = PlanShapes.Uniform,
            Quick = quick,
        };
        // The proof compares with the masked model.
        RequireRun.Consistent(settings, mayMiss: false);
        using var pruned = DecoderModel.Open(settings.Out);
        Assert.That(pruned.Config.Layers.Distinct().Count(), Is.EqualTo(1));
        Assert.That(pruned.Config.Layers[0] is { HasAttention: true, HasMlp: true });
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(settings.Out, "safetensors", "config.json")))!.AsObject();
        Assert.That(config.Select(key => key.Key), Is.SubsetOf(Stock));
        Assert.That((string?)config["model_type"], Is.EqualTo("llama"));
        Assert.That(Directory.GetFiles(Path.Combine(settings.Out, "safetensors"), "*.py"), Is.Empty);
        var contenders = RequireRun.Last(settings.Out, "contest")!["contenders"]!.AsArray();
        Assert.That(contenders, Has.Count.EqualTo(quick ? 1 : 4), "the best plans compete after their refits");
        Assert.That(contenders.Select(one => (string?)one!["name"]), Has.All.StartsWith("uniform: "));
    }

    [Test]
    public void Methods_without_a_refit_take_the_best_equal_layers_too()
    {
        var settings = Settings("wanda", new Target(Metric.Parameters, 0.7)) with { Method = MethodCatalog.Find("wanda-sp"), Shapes = PlanShapes.Uniform };
        RequireRun.Consistent(settings, mayMiss: false);
        using var pruned = DecoderModel.Open(settings.Out);
        Assert.That(pruned.Config.Layers.Distinct().Count(), Is.EqualTo(1));
        // The second dimension of the search: the shares of heads and channels need not be the same.
        Assert.That(RequireRun.Last(settings.Out, "search", "plan")!["stages"]!.AsArray(), Has.Count.GreaterThan(1));
    }

    [Test]
    public void Decilm_keeps_or_removes_whole_attention_blocks()
    {
        var settings = Settings("decilm", new Target(Metric.Prunable, 0.5)) with { Shapes = PlanShapes.Decilm, Model = Folder["wide"], Quick = false };
        // Heads that fill the hidden size, and a width of three whole steps.
        using (var model = SyntheticModels.Random(
            SyntheticModels.Config(3, hidden: 64, headDim: 16, kvHeads: 2, queryHeads: 4, ffn: 768, SyntheticRun.Vocab) with { TiedEmbeddings = false }, 3))
            SyntheticCheckpoint.Write(model, settings.Model);
        RequireRun.Consistent(settings, mayMiss: false);
        using var pruned = DecoderModel.Open(settings.Out);
        var layers = pruned.Config.Layers;
        Assert.That(layers[0].HasAttention);
        Assert.That(layers.Select(layer => layer.QueryHeads), Is.All.AnyOf(0, 4));
        Assert.That(layers.Select(layer => layer.KvHeads), Is.All.AnyOf(0, 2));
        Assert.That(layers.Select(layer => layer.Ffn % 256), Is.All.Zero);
    }

    [Test]
    public void Methods_with_shapes_of_their_own_and_models_that_other_classes_do_not_hold_are_refused()
    {
        var settings = Settings("refused", new Target(Metric.Prunable, 0.5));
        Assert.That(() => Run(settings with { Method = MethodCatalog.Find("block-influence"), Shapes = PlanShapes.Uniform }),
            Throws.InstanceOf<BadInputException>().With.Message.Contains("block-influence decides by itself"));
        Assert.That(() => Run(settings with { Affine = true, Shapes = PlanShapes.Uniform }),
            Throws.InstanceOf<BadInputException>().With.Message.Contains("stock classes"));
        Assert.That(() => Run(settings with { Affine = true, Shapes = PlanShapes.Decilm }),
            Throws.InstanceOf<BadInputException>().With.Message.Contains("no biases"));
        Assert.That(Directory.Exists(settings.Out), Is.False);

        static void Run(PruneSettings settings) =>
            ForgePrune.Pipeline.PrunePipeline.Run(settings, OnnxServing.Cpu, ForgePrune.Progress.NoProgress.Instance, default);
    }
}
