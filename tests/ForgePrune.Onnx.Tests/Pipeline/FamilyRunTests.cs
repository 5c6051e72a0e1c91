using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Pipeline;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Pipeline;

/// <summary>Whole runs on made checkpoints of families that have more than a Llama: files, shapes, budget, perplexity, and the tokens of GenAI.</summary>
[NonParallelizable]
public sealed class FamilyRunTests
{
    private static readonly ModelConfig Plain =
        SyntheticModels.Config(layers: 4, hidden: 64, headDim: 16, kvHeads: 2, queryHeads: 4, ffn: 128, SyntheticRun.Vocab);

    [TestCase("smollm3")]
    [TestCase("granite, head of its own")]
    [TestCase("phi3, long rope, a part of each head")]
    [TestCase("qwen3, windows of odd layers")]
    [TestCase("gemma2")]
    [TestCase("gemma3_text")]
    [TestCase("olmo2")]
    [TestCase("olmo3, yarn")]
    [Category("EndToEnd")]
    public void A_run_prunes_what_the_family_has(string name)
    {
        using var folder = new TemporaryFolder();
        var cache = Environment.GetEnvironmentVariable("XDG_CACHE_HOME");
        Environment.SetEnvironmentVariable("XDG_CACHE_HOME", folder["cache"]);
        try
        {
            // A head of its own: with a tied one they repeat their last token.
            using (var model = SyntheticModels.Random(SyntheticFamilies.Of(Plain)[name] with { TiedEmbeddings = false }, SyntheticRun.Seed))
                SyntheticCheckpoint.Write(model, folder["model"]);
            SyntheticRun.WriteText(folder["text.bin"], SyntheticRun.Windows);
            RequireRun.Consistent(SyntheticSettings.Of(folder, "run") with { Target = new Target(Metric.Prunable, 0.6) }, mayMiss: false);
            using var dense = DecoderModel.Open(folder["model"]);
            using var pruned = DecoderModel.Open(folder["run"]);
            Assert.That(pruned.Config.Attention, Is.EqualTo(dense.Config.Attention), "what a layer does stays with it");
            if (dense.Config.QkNormAcrossHeads)
                Assert.That(pruned.Config.Layers.Select(layer => layer.QueryHeads), Is.All.EqualTo(4).Or.Zero, "heads stay together");
            Assert.That(ModelSize.Of(pruned.Config).Prunable, Is.LessThan(ModelSize.Of(dense.Config).Prunable));
        }
        finally
        {
            Environment.SetEnvironmentVariable("XDG_CACHE_HOME", cache);
        }
    }
}
