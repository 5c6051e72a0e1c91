using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Checkpoints;

/// <summary>Configs of families that have more than a Llama.</summary>
public sealed class FamilyConfigTests
{
    [TestCase("phi-3-mini-4k-instruct-config", 96, 2047)]
    [TestCase("phi-3-mini-128k-instruct-config", 96, 0)]
    [TestCase("phi-3-medium-128k-instruct-config", 128, 0)]
    [TestCase("phi-3-medium-4k-instruct-config", 128, 2047)]
    public void Reads_real_configs_of_phi3(string name, int headDim, int window)
    {
        (ModelConfig config, _) = HuggingFaceConfig.Read(Shared.File($"configs/{name}.json"));
        Assert.That((config.Family, config.HeadDim, config.MaxPositions, config.KindOf(0).Window), Is.EqualTo(("phi3", headDim, 4096, window)));
        if (config.RopeScaling is not LongRopeScaling rope)
            return;
        Assert.That((rope.OriginalMaxPositions, rope.ExtendedMaxPositions, rope.ShortFactors.Count), Is.EqualTo((4096, 131072, headDim / 2)));
        // ln 32 / ln 4096 is 5/12.
        Assert.That(rope.Attention, Is.EqualTo(Math.Sqrt(1 + 5.0 / 12)).Within(1e-14));
    }

    [TestCase("mistral", "\"sliding_window\": 64", "64 64")]
    [TestCase("mistral", "\"sliding_window\": 64, \"layer_types\": [\"full_attention\", \"full_attention\"]", "64 64")]
    [TestCase("mistral", "\"sliding_window\": 128", "0 0")]
    [TestCase("qwen2", "\"use_sliding_window\": true, \"sliding_window\": 64, \"max_window_layers\": 1", "0 64")]
    [TestCase("qwen3", "\"sliding_window\": 64, \"layer_types\": [\"sliding_attention\", \"full_attention\"]", "64 0")]
    [TestCase("smollm3", "\"use_sliding_window\": true, \"sliding_window\": 64, \"no_rope_layers\": [0, 1]", "n64 0")]
    [TestCase("smollm3", "\"use_sliding_window\": false, \"sliding_window\": 64, \"no_rope_layer_interval\": 2", "0 n0")]
    [TestCase("smollm3", "\"no_rope_layers\": null", "0 0")]
    [TestCase("phi3", "\"sliding_window\": 64", "64 64")]
    [TestCase("phi3", "\"sliding_window\": null", "0 0")]
    public void Reads_what_a_layer_does(string family, string keys, string kinds)
    {
        var config = Read(family, keys);
        var found = Enumerable.Range(0, 2).Select(config.KindOf).Select(kind => $"{(kind.Unrotated ? "n" : "")}{kind.Window}");
        Assert.That(string.Join(' ', found), Is.EqualTo(kinds));
    }

    [TestCase("\"partial_rotary_factor\": 0.75", 6)]
    [TestCase("\"rope_parameters\": {\"partial_rotary_factor\": 0.5, \"rope_theta\": 10000}", 4)]
    [TestCase("\"rope_parameters\": {\"full_attention\": {\"partial_rotary_factor\": 0.85}}", 6)]
    [TestCase("\"partial_rotary_factor\": 1.0", 8)]
    public void Reads_the_part_of_a_head_that_turns(string keys, int width) => Assert.That(Read("phi3", keys).RotaryWidth, Is.EqualTo(width));

    [Test]
    public void Reads_the_factors_of_granite()
    {
        var config = Read("granite", "\"embedding_multiplier\": 12, \"attention_multiplier\": 0.25, \"residual_multiplier\": 0.22, \"logits_scaling\": 8");
        Assert.That((config.EmbeddingScale, config.AttentionScale, config.ResidualScale, config.LogitDivisor), Is.EqualTo((12.0, 0.25, 0.22, 8.0)));
        // The class's defaults are ones, that of scores too.
        config = Read("granite", "\"rope_theta\": 5000");
        Assert.That((config.EmbeddingScale, config.AttentionScale, config.ResidualScale, config.LogitDivisor), Is.EqualTo((1.0, 1.0, 1.0, 1.0)));
    }

    [TestCase("gemma2", "\"sliding_window\": 64", "64 0")]
    [TestCase("gemma2", "\"sliding_window\": 64, \"sliding_window_pattern\": 1", "64 0")]
    [TestCase("gemma2", "\"sliding_window\": 64, \"layer_types\": [\"full_attention\", \"sliding_attention\"]", "0 64")]
    [TestCase("gemma2", "\"rope_theta\": 10000", "0 0")]
    [TestCase("gemma3_text", "\"sliding_window\": 64", "l64 l64")]
    [TestCase("gemma3_text", "\"sliding_window\": 64, \"sliding_window_pattern\": 2", "l64 0")]
    [TestCase("gemma3_text", "\"sliding_window\": 128, \"sliding_window_pattern\": 2", "l0 0")]
    [TestCase("olmo3", "\"sliding_window\": 64", "l64 l64")]
    [TestCase("olmo3", "\"rope_theta\": 5", "l0 l0")]
    [TestCase("olmo3", "\"sliding_window\": 64, \"layer_types\": [\"full_attention\", \"sliding_attention\"]", "0 l64")]
    [TestCase("gemma3_text", "\"sliding_window\": null, \"layer_types\": [\"full_attention\", \"full_attention\"]", "0 0")]
    public void Reads_which_layers_slide(string family, string keys, string kinds)
    {
        var config = Read(family, keys);
        var found = Enumerable.Range(0, 2).Select(config.KindOf).Select(kind => $"{(kind.Local ? "l" : "")}{kind.Window}");
        Assert.That(string.Join(' ', found), Is.EqualTo(kinds));
    }

    [Test]
    public void Reads_what_gemma_does_to_scores_and_logits()
    {
        var config = Read("gemma2", "\"query_pre_attn_scalar\": 144, \"attn_logit_softcapping\": 20, \"final_logit_softcapping\": null");
        Assert.That((config.AttentionScale, config.ScoreCap, config.LogitCap), Is.EqualTo(((double?)(1.0 / 12), (double?)20, (double?)null)));
        Assert.That((config.EmbeddingScale, config.Norms, config.Activation), Is.EqualTo((4.0, BlockNorms.Around, GateActivation.GeluTanh)));
        config = Read("gemma2", "\"hidden_activation\": \"gelu_pytorch_tanh\"");
        Assert.That((config.AttentionScale, config.ScoreCap, config.LogitCap, config.TiedEmbeddings),
            Is.EqualTo(((double?)(1.0 / 16), (double?)50, (double?)30, true)));
        config = Read("gemma3_text", "\"hidden_activation\": \"gelu_pytorch_tanh\"");
        Assert.That((config.ScoreCap, config.LogitCap, config.QkNorm), Is.EqualTo(((double?)null, (double?)null, true)));
        Assert.That(Read("gemma", "\"hidden_act\": \"gelu\"").AttentionScale, Is.Null);
    }

    [TestCase("\"rope_local_base_freq\": 500", 1e6, 500)]
    [TestCase("\"rope_theta\": 2000", 2000, 1e4)]
    [TestCase("\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 5}, \"sliding_attention\": {\"rope_type\": \"default\", \"rope_theta\": 7}}", 5, 7)]
    [TestCase("\"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 8}", 1e6, 1e4)]
    public void Reads_two_rotary_bases(string keys, double global, double local)
    {
        var config = Read("gemma3_text", keys);
        Assert.That((config.RopeTheta, config.LocalRopeTheta), Is.EqualTo((global, (double?)local)));
        Assert.That(config.TurningAs(new() { Local = true }), Is.EqualTo(config with { RopeTheta = local, RopeScaling = null }));
    }

    [TestCase("\"rope_theta\": 500000", false)]
    [TestCase("\"rope_theta\": 500000, \"rope_scaling\": {\"rope_type\": \"linear\", \"factor\": 8}", true)]
    [TestCase("\"rope_parameters\": {\"rope_theta\": 500000}", false)]
    [TestCase("\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 500000, \"rope_type\": \"linear\", \"factor\": 8}, "
        + "\"sliding_attention\": {\"rope_type\": \"default\", \"rope_theta\": 500000}}", true)]
    public void Scales_the_rotation_of_olmo3_only_where_layers_see_all(string keys, bool scaled)
    {
        var config = Read("olmo3", keys);
        Assert.That((config.RopeTheta, config.LocalRopeTheta), Is.EqualTo((5e5, (double?)5e5)));
        Assert.That(config.RopeScaling, Is.EqualTo(scaled ? new LinearScaling(8) : null));
        Assert.That(config.TurningAs(new() { Local = true }).RopeScaling, Is.Null);
        Assert.That(config.QkNormAcrossHeads);
    }

    [TestCase("olmo3", "\"rope_parameters\": {\"rope_type\": \"linear\", \"factor\": 2}", "releases of transformers disagree")]
    [TestCase("olmo3", "\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 5}, \"sliding_attention\": {\"rope_theta\": 7}}",
        "sliding layers turn by theta 7 and the others by 5")]
    [TestCase("olmo3", "\"rope_local_base_freq\": 7", "changes what the model computes")]
    [TestCase("gemma2", "\"sliding_window\": null", "sliding_window is null where layers slide")]
    [TestCase("gemma2", "\"hidden_activation\": \"gelu\"", "only 'gelu_pytorch_tanh' is supported")]
    [TestCase("gemma", "\"hidden_activation\": \"gelu\"", "only 'gelu_pytorch_tanh' is supported")]
    [TestCase("llama", "\"hidden_act\": \"gelu_pytorch_tanh\"", "only 'silu' is supported")]
    [TestCase("gemma", "\"query_pre_attn_scalar\": 16", "changes what the model computes")]
    [TestCase("gemma2", "\"rope_local_base_freq\": 16", "changes what the model computes")]
    [TestCase("gemma3_text", "\"use_bidirectional_attention\": true", "changes what the model computes")]
    [TestCase("gemma3_text", "\"rope_local_base_freq\": 3, \"rope_parameters\": {\"full_attention\": {}, \"sliding_attention\": {\"rope_theta\": 7}}",
        "is 3 and")]
    [TestCase("gemma3_text", "\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 5}}", "nothing for layers of type 'sliding_attention'")]
    [TestCase("gemma3_text", "\"rope_parameters\": {\"full_attention\": {}, \"sliding_attention\": {\"rope_type\": \"linear\", \"factor\": 2}}",
        "scales the frequencies of sliding layers")]
    public void Refuses_what_it_does_not_compute(string family, string keys, string why) =>
        Assert.That(() => Read(family, keys), Throws.TypeOf<Errors.BadInputException>().With.Message.Contains(why));

    [Test]
    public void Reads_every_scaling_in_both_spellings()
    {
        foreach (var (keys, expected) in new (string, RopeScaling)[]
        {
            ("\"rope_type\": \"linear\", \"factor\": 4", new LinearScaling(4)),
            ("\"type\": \"dynamic\", \"factor\": 2", new DynamicScaling(2)),
            ("\"rope_type\": \"yarn\", \"factor\": 4", new YarnScaling(4, 128)),
            ("\"rope_type\": \"yarn\", \"factor\": 4, \"original_max_position_embeddings\": 32, \"beta_fast\": 0, "
                + "\"mscale\": 1, \"mscale_all_dim\": 0.5, \"truncate\": false",
                new YarnScaling(4, 32) { Mscale = 1, MscaleAllDim = 0.5, Truncate = false }),
        })
        {
            Assert.That(Read("llama", $"\"rope_scaling\": {{{keys}}}").RopeScaling, Is.EqualTo(expected));
            Assert.That(Read("llama", $"\"rope_parameters\": {{{keys}, \"rope_theta\": 10000}}").RopeScaling, Is.EqualTo(expected));
            Assert.That(Read("llama", $"\"rope_parameters\": {{\"full_attention\": {{{keys}}}}}").RopeScaling, Is.EqualTo(expected));
        }

        var dynamic = Read("llama", "\"rope_scaling\": {\"rope_type\": \"dynamic\", \"factor\": 2, \"original_max_position_embeddings\": 64}");
        Assert.That(dynamic.MaxPositions, Is.EqualTo(64), "beyond, the base would grow");
    }

    [Test]
    public void Reads_longrope_for_the_positions_of_its_short_factors()
    {
        const string lists = "\"short_factor\": [1, 2, 3, 4], \"long_factor\": [5, 6, 7, 8]";
        var expected = new LongRopeScaling([1, 2, 3, 4], [5, 6, 7, 8], 32, 128);
        foreach (var keys in new[]
        {
            $"\"original_max_position_embeddings\": 32, \"rope_scaling\": {{\"type\": \"su\", {lists}}}",
            $"\"original_max_position_embeddings\": 32, \"rope_scaling\": {{\"type\": \"yarn\", {lists}}}",
            $"\"rope_parameters\": {{\"rope_type\": \"longrope\", {lists}, \"factor\": 4, \"original_max_position_embeddings\": 32}}",
        })
        {
            var config = Read("phi3", keys);
            Assert.That(config.RopeScaling, Is.EqualTo(expected));
            Assert.That(config.MaxPositions, Is.EqualTo(32));
        }
    }

    [TestCase("mixtral", "\"num_local_experts\": 4", "8/2n 8/2n", 32)]
    [TestCase("mixtral", "\"num_local_experts\": 4, \"num_experts_per_tok\": 1, \"norm_topk_prob\": false", "8/1n 8/1n", 32)]
    [TestCase("mixtral", "\"num_experts\": 4", "8/2n 8/2n", 32)]
    [TestCase("qwen3_moe", "\"num_experts\": 10, \"moe_intermediate_size\": 5", "5/8 5/8", 50)]
    [TestCase("qwen3_moe", "\"num_local_experts\": 10, \"moe_intermediate_size\": 5, \"rope_parameters\": {\"rope_type\": \"default\", "
        + "\"rope_theta\": 1000000}", "5/8 5/8", 50)]
    [TestCase("qwen3_moe", "\"num_local_experts\": 10, \"num_experts\": 10, \"moe_intermediate_size\": 5", "5/8 5/8", 50)]
    [TestCase("qwen3_moe", "\"num_experts\": 10, \"moe_intermediate_size\": 5, \"norm_topk_prob\": true, \"mlp_only_layers\": [1]", "5/8n none", 50)]
    [TestCase("qwen3_moe", "\"num_experts\": 10, \"moe_intermediate_size\": 5, \"decoder_sparse_step\": 2", "none 5/8", 8)]
    public void Reads_experts(string family, string keys, string kinds, int channels)
    {
        var config = Read(family, keys);
        Assert.That(string.Join(' ', config.Layers.Select((_, layer) => config.MlpOf(layer)).Select(kind => kind.IsRouted
            ? $"{kind.ExpertWidth}/{kind.PerToken}{(kind.Normalized ? "n" : "")}" : "none")), Is.EqualTo(kinds));
        Assert.That(config.Layers[0].Ffn, Is.EqualTo(channels));
    }

    [TestCase("mixtral", "\"num_local_experts\": 2, \"num_experts_per_tok\": 3", "num_experts_per_tok is 3 where there are 2 experts")]
    [TestCase("qwen3_moe", "\"mlp_only_layers\": [0, 1]", "leave no layer with experts")]
    [TestCase("qwen3_moe", "\"use_sliding_window\": true, \"sliding_window\": 64", "use_sliding_window is true")]
    [TestCase("llama", "\"num_experts\": 8", "num_experts is")]
    [TestCase("llama", "\"num_local_experts\": 8", "num_local_experts is")]
    [TestCase("mixtral", "\"num_experts\": 8, \"num_local_experts\": 4", "num_experts is 8 and num_local_experts 4")]
    [TestCase("qwen3_moe", "\"num_experts\": 8, \"num_local_experts\": 9", "num_experts is 8 and num_local_experts 9")]
    public void Refuses_experts_that_are_not_read(string family, string keys, string why) =>
        Assert.That(() => Read(family, keys), Throws.TypeOf<Errors.BadInputException>().With.Message.Contains(why));

    /// <summary>Two layers with heads of 8, and 128 positions.</summary>
    private static ModelConfig Read(string family, string keys)
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", $"{{\"model_type\": \"{family}\", \"hidden_size\": 16, \"num_attention_heads\": 2, \"num_key_value_heads\": 2, "
            + "\"num_hidden_layers\": 2, \"intermediate_size\": 8, \"vocab_size\": 4, \"max_position_embeddings\": 128, \"bos_token_id\": null, "
            + $"\"eos_token_id\": null, {keys}}}");
        return HuggingFaceConfig.Read(folder["config.json"]).Config;
    }
}
