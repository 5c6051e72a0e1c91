using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Perf;
using ForgePrune.Perf.Results;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Search;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Perf;

/// <summary>What perf measures of one layer is what the whole model consists of.</summary>
public sealed class BlockPerfTests
{
    private const int Tokens = 1024, Layers = 7;

    private static IEnumerable<string> Names => RealShapes.Names;

    [TestCaseSource(nameof(Names))]
    public void Layers_of_a_published_model_and_what_is_outside_of_them_are_all_its_parameters(string name)
    {
        var whole = RealShapes.Config(name);
        var layer = ModelSize.Of(MadeBlock.Config(whole, null)).LargestLayer;
        Assert.That((layer * whole.Layers.Count) + ModelSize.Outside(whole), Is.EqualTo(RealShapes.Parameters[name]));
    }

    [TestCaseSource(nameof(Names))]
    public void Half_of_a_layer_is_one_of_its_levels(string name)
    {
        var config = MadeBlock.Config(RealShapes.Config(name), null);
        var (shape, half) = (config.Layers[0], MadeBlock.Half(config));
        Assert.That(HeadLevels.For(config, shape, int.MaxValue), Does.Contain(new AttentionLevel(half.KvHeads, half.QueryHeads)));
        Assert.That(half.Ffn, Is.EqualTo(shape.Ffn / 2));
        Assert.That(config.MlpOf(0).Narrowed(half.ExpertWidth).Allows(half.Ffn));
    }

    [Test]
    public void Fewer_experts_are_of_their_own_width_and_as_many_as_a_token_passes()
    {
        var whole = RealShapes.Config("Mixtral-8x7B");
        var few = MadeBlock.Config(whole, 2);
        Assert.That((few.Layers[0].Ffn, few.MlpOf(0)), Is.EqualTo((2 * 14336, whole.MlpOf(0))));
        Assert.That(() => MadeBlock.Config(whole, 1), Throws.ArgumentException);
        Assert.That(() => MadeBlock.Config(whole, 9), Throws.ArgumentException);
        Assert.That(() => MadeBlock.Config(RealShapes.Config("Llama-3.1-8B"), 2), Throws.ArgumentException);
    }

    // Peaks of whole processes on so many tokens (docs/families.md); with the ladder's factors and both Grams uncounted, the plan had fallen below them.
    [TestCase("SmolLM2-135M", 0.6, 2 * Tokens)]
    [TestCase("SmolLM2-360M", 1.2, 2 * Tokens)]
    [TestCase("Qwen2.5-0.5B", 2.4, 2 * Tokens)]
    [TestCase("Qwen3-0.6B", 1.7, 2 * Tokens)]
    [TestCase("Gemma-3-1B", 3.5, 2 * Tokens)]
    [TestCase("Qwen3-1.7B", 3.2, 2 * Tokens)]
    [TestCase("Llama-3.2-1B", 4.7, 2 * Tokens)]
    [TestCase("OLMo-2-1B", 4.6, 2 * Tokens)]
    [TestCase("Gemma-2-2B", 5.7, 2 * Tokens)]
    [TestCase("Granite-3.0-2B", 4.8, 2 * Tokens)]
    [TestCase("Phi-3-mini", 4.6, 2 * Tokens)]
    [TestCase("SmolLM3-3B", 7.3, 2 * Tokens)]
    [TestCase("Llama-3.1-8B", 13.7, Tokens)]
    // With 16 of its experts its sweeps over heads take the most.
    [TestCase("Qwen3-30B-A3B", 3.75, Tokens, 16)]
    public void What_a_layer_took_is_no_more_than_a_run_plans(string name, double measured, int tokens, int? experts = null)
    {
        var plan = ResourcePlan.For(MadeBlock.Config(RealShapes.Config(name), experts), tokens, 256, latency: false);
        var planned = plan.Stages.Where(stage => stage.Stage is "calibration" or "levels" or "refit").Max(stage => stage.MemoryBytes);
        Assert.That(planned, Is.InRange(measured * (1 << 30), 2.5 * measured * (1 << 30)));
    }

    [TestCase("llama", 3, 9, null)]
    [TestCase("qwen2", 2, 4, null)]
    [TestCase("qwen3", 2, 4, null)]
    [TestCase("smollm3", 2, 4, null)]
    [TestCase("granite", 2, 4, null)]
    [TestCase("phi3", 4, 4, null)]
    [TestCase("gemma2", 1, 4, null)]
    [TestCase("gemma3_text", 1, 4, null)]
    [TestCase("olmo2", 4, 4, null)]
    [TestCase("mixtral", 2, 4, 2)]
    [TestCase("qwen3_moe", 2, 4, null)]
    public void A_layer_of_every_family_goes_from_calibration_to_its_final_refit(string family, int kvHeads, int queryHeads, int? experts)
    {
        using var folder = new TemporaryFolder();
        var heads = queryHeads * 8;
        folder.Write("made.json", $"{{\"model_type\": \"{family}\", \"hidden_size\": {heads}, \"head_dim\": 8, \"num_attention_heads\": {queryHeads}, "
            + $"\"num_key_value_heads\": {kvHeads}, \"num_hidden_layers\": {Layers}, \"intermediate_size\": 24, \"vocab_size\": 40, "
            + "\"max_position_embeddings\": 512, \"num_experts_per_tok\": 2, \"moe_intermediate_size\": 8, "
            + (family is "mixtral" or "qwen3_moe" ? "\"num_local_experts\": 4, " : "") + "\"bos_token_id\": null, \"eos_token_id\": null}");
        var record = BlockPerf.Run(folder["made.json"], Tokens, 1, experts, folder["record.json"]);
        var (whole, read) = (HuggingFaceConfig.Read(folder["made.json"]).Config, BlockRecord.Read(folder["record.json"]));
        Assert.That((read.Family, read.Layers, read.Fitting, read.Judging), Is.EqualTo((family, Layers, Tokens - 256L, 256L)));
        Assert.That((read.Experts, read.MeasuredExperts), Is.EqualTo(whole.HasExperts ? (4, experts ?? 4) : (0, 0)));
        Assert.That(read.Parameters, Is.EqualTo(ModelSize.Of(MadeBlock.Config(whole, experts)).LargestLayer));
        Assert.That(read.Stages, Is.EqualTo(record.Stages).And.Count.EqualTo(6));
        Assert.That(read.Stages.Select(stage => stage.PeakBytes), Is.Ordered.And.All.Positive);
        // Channels of half of the experts were measured, which counts them twice.
        var channels = read.Stages.Single(stage => stage.Stage == "levels of channels");
        Assert.That(channels.WholeSeconds, Is.EqualTo(channels.Seconds * Layers * (experts is null ? 1 : 2)).Within(1e-12));
        Assert.That(read.WholeSeconds, Is.EqualTo(read.Stages.Sum(stage => stage.WholeSeconds)).And.Positive);
        Assert.That(read.WholeMemoryBytes, Is.GreaterThan(read.Stages[0].PlannedBytes));
    }
}
