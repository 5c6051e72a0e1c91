using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Checkpoints;

public sealed class ConfigTests
{
    [TestCase("llama-2-7b-hf.layers-restored", "llama", 128, 32, 32, 11008, 10000, false)]
    [TestCase("meta-llama-3.1-8B-Instruct", "llama", 128, 8, 32, 14336, 500000, false)]
    [TestCase("meta-llama-3.2-1B-Instruct", "llama", 64, 8, 32, 8192, 500000, true)]
    [TestCase("mistral-7B-instruct-v0.3", "mistral", 128, 8, 32, 14336, 1000000, false)]
    [TestCase("qwen2.5-0.5B-Instruct", "qwen2", 64, 2, 14, 4864, 1000000, true)]
    [TestCase("qwen2.5-14B-Instruct.RECONSTRUCTED", "qwen2", 128, 8, 40, 13824, 1000000, false)]
    [TestCase("smollm2-135M", "llama", 64, 3, 9, 1536, 100000, true)]
    [TestCase("tinyllama-1.1B-chat", "llama", 64, 4, 32, 5632, 10000, false)]
    public void Reads_real_configs(string name, string family, int headDim, int kvHeads, int queryHeads, int ffn, double theta, bool tied)
    {
        (ModelConfig config, _) = HuggingFaceConfig.Read(Shared.File($"configs/{name}.json"));
        Assert.That((config.Family, config.HeadDim, config.RopeTheta, config.TiedEmbeddings), Is.EqualTo((family, headDim, theta, tied)));
        Assert.That(config.Layers, Is.All.EqualTo(new LayerShape(kvHeads, queryHeads, ffn)));
        Assert.That((config.QkvBias, config.OutputBias), Is.EqualTo((family == "qwen2", false)));
    }

    [Test]
    public void Reads_the_rotary_scaling_of_Llama_3()
    {
        (ModelConfig config, _) = HuggingFaceConfig.Read(Shared.File("configs/meta-llama-3.2-1B-Instruct.json"));
        Assert.That(config.RopeScaling, Is.EqualTo(new Llama3Scaling(32, 1, 4, 8192)));
        Assert.That(config.EosTokenIds, Is.EqualTo(new[] { 128001, 128008, 128009 }));
    }

    [Test]
    public void Reads_rotary_settings_in_both_spellings()
    {
        const string scaling = "\"rope_type\": \"llama3\", \"factor\": 8, \"low_freq_factor\": 1, \"high_freq_factor\": 4, \"original_max_position_embeddings\": 64";
        ModelConfig old = Read($"\"rope_theta\": 5000, \"rope_scaling\": {{{scaling}}}");
        ModelConfig now = Read($"\"rope_parameters\": {{\"rope_theta\": 5000, {scaling}}}");
        Assert.That((now.RopeTheta, now.RopeScaling), Is.EqualTo((old.RopeTheta, old.RopeScaling)));
        Assert.That(now.RopeScaling, Is.EqualTo(new Llama3Scaling(8, 1, 4, 64)));
    }

    [TestCase("\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 500000}}")]
    [TestCase("\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 500000}, \"sliding_attention\": {\"rope_theta\": 500000}}")]
    [TestCase("\"rope_parameters\": {\"full_attention\": {\"rope_theta\": 500000}, \"sliding_attention\": {\"rope_theta\": 10000}}, \"layer_types\": [\"full_attention\", \"full_attention\"]")]
    [TestCase("\"rope_parameters\": {\"rope_type\": \"default\", \"partial_rotary_factor\": 1.0}, \"rope_theta\": 500000")]
    [TestCase("\"rope_parameters\": {\"rope_theta\": 500000}, \"rope_theta\": null, \"rope_scaling\": {}")]
    [TestCase("\"rope_scaling\": {\"type\": \"default\", \"rope_theta\": 500000}, \"rope_theta\": 500000")]
    public void Reads_theta_wherever_it_stands(string keys)
    {
        ModelConfig config = Read(keys);
        Assert.That((config.RopeTheta, config.RopeScaling), Is.EqualTo((500000.0, (RopeScaling?)null)));
    }

    [TestCase("\"hidden_act\": \"swish\"")]
    [TestCase("\"attention_multiplier\": null, \"logits_scaling\": 1.0, \"no_rope_layers\": [1, 1], \"use_qk_norm\": false, \"is_causal\": true, \"partial_rotary_factor\": 1")]
    [TestCase("\"quantization_config\": null, \"text_config\": null, \"auto_map\": {\"AutoConfig\": \"configuration_own.OwnConfig\"}, \"pretraining_tp\": 2")]
    [TestCase("\"architectures\": [\"LlamaModel\"]")]
    public void Accepts_keys_that_change_nothing(string keys) =>
        Assert.That(Read(keys).Layers, Is.All.EqualTo(new LayerShape(4, 4, 48)));

    [TestCase("llama", 16, 4, 2048, 1, 2)]
    [TestCase("qwen3", 128, 4, 32768, null, null)]
    public void Fills_missing_keys_as_the_family_does(string family, int headDim, int kvHeads, int positions, int? bos, int? eos)
    {
        // Qwen3's default of 32 key/value heads does not divide 4, so its case names them.
        ModelConfig config = Read(family == "qwen3" ? "\"num_key_value_heads\": null" : "\"head_dim\": null", family);
        Assert.That(config.Layers[0], Is.EqualTo(new LayerShape(kvHeads, 4, 48)));
        Assert.That((config.HeadDim, config.MaxPositions, config.BosTokenId), Is.EqualTo((headDim, positions, bos)));
        Assert.That(config.EosTokenIds, Is.EqualTo(eos is null ? [] : new[] { eos.Value }));
        Assert.That((config.RmsNormEps, config.RopeTheta, config.TiedEmbeddings), Is.EqualTo((1e-6, 10000.0, false)));
    }

    [TestCase("mistral", "\"sliding_window\": null, \"num_key_value_heads\": 2")]
    [TestCase("mistral", "\"sliding_window\": 4096, \"max_position_embeddings\": 4096, \"num_key_value_heads\": 2")]
    [TestCase("qwen2", "\"use_sliding_window\": false, \"sliding_window\": 64, \"num_key_value_heads\": 2")]
    [TestCase("qwen2", "\"use_sliding_window\": true, \"sliding_window\": 64, \"max_window_layers\": 2, \"num_key_value_heads\": 2")]
    [TestCase("qwen3", "\"use_sliding_window\": true, \"sliding_window\": 64, \"layer_types\": [\"full_attention\", \"full_attention\"], \"num_key_value_heads\": 2")]
    [TestCase("llama", "\"sliding_window\": 64, \"num_key_value_heads\": 2")]
    public void Accepts_windows_that_change_nothing(string family, string keys) =>
        Assert.That(Read(keys, family).Layers[0].KvHeads, Is.EqualTo(2));

    [Test]
    public void Takes_the_head_width_that_is_given_though_it_does_not_divide_the_hidden_size() =>
        Assert.That(Read("\"head_dim\": 24", heads: 6).HeadDim, Is.EqualTo(24));

    [Test]
    public void Reads_biases_and_norms_as_the_family_has_them()
    {
        ModelConfig llama = Read("\"attention_bias\": true, \"mlp_bias\": true");
        Assert.That((llama.QkvBias, llama.OutputBias, llama.GateUpBias, llama.DownBias, llama.QkNorm), Is.EqualTo((true, true, true, true, false)));
        ModelConfig qwen2 = Read("\"attention_bias\": true, \"mlp_bias\": true, \"num_key_value_heads\": 2", "qwen2");
        Assert.That((qwen2.QkvBias, qwen2.OutputBias, qwen2.GateUpBias, qwen2.DownBias, qwen2.QkNorm), Is.EqualTo((true, false, false, false, false)));
        ModelConfig qwen3 = Read("\"num_key_value_heads\": 2", "qwen3");
        Assert.That((qwen3.QkvBias, qwen3.OutputBias, qwen3.GateUpBias, qwen3.DownBias, qwen3.QkNorm), Is.EqualTo((false, false, false, false, true)));
    }

    /// <summary>A small config with the given keys added.</summary>
    private static ModelConfig Read(string keys, string family = "llama", int heads = 4)
    {
        using var folder = new TemporaryFolder();
        string file = folder["config.json"];
        File.WriteAllText(file, $$"""
            {"model_type": "{{family}}", "hidden_size": 64, "num_attention_heads": {{heads}}, "num_hidden_layers": 2, "vocab_size": 100, "intermediate_size": 48, {{keys}}}
            """);
        return HuggingFaceConfig.Read(file).Config;
    }
}
