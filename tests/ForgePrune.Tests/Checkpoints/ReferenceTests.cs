using System.Text.Json.Nodes;
using ForgePrune.Testing;
using ForgePrune.Testing.Reference;

namespace ForgePrune.Tests.Checkpoints;

/// <summary>The float64 reference, which judges the rest, against figures of a program of another author in another language (numpy).</summary>
public sealed class ReferenceTests
{
    private static readonly int[] Ids = [1, 4, 2, 7, 3];

    [Test]
    public void A_qwen3_with_biases_and_Llama_3_scaling() => Require(
        """
        {"model_type": "qwen3", "hidden_size": 10, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 6, "intermediate_size": 7, "vocab_size": 11,
         "rms_norm_eps": 1e-5, "attention_bias": true, "rope_theta": 500.0, "tie_word_embeddings": false,
         "rope_scaling": {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 16}}
        """,
        "F32", [-0.8839027540749902, 1.2623225992005178, -1.2572489984180741, 0.8702232174223883], -1.832618720069545, 25.11338442913419,
        "input_layernorm.weight 10", "self_attn.q_proj.weight 24 10", "self_attn.q_proj.bias 24", "self_attn.k_proj.weight 12 10", "self_attn.k_proj.bias 12",
            "self_attn.v_proj.weight 12 10",
        "self_attn.v_proj.bias 12", "self_attn.o_proj.weight 10 24", "self_attn.o_proj.bias 10", "self_attn.q_norm.weight 6", "self_attn.k_norm.weight 6",
            "post_attention_layernorm.weight 10",
        "mlp.gate_proj.weight 7 10", "mlp.up_proj.weight 7 10", "mlp.down_proj.weight 10 7");

    [Test]
    public void A_tied_llama_with_biases_in_half_precision() => Require(
        """
        {"model_type": "llama", "hidden_size": 12, "num_hidden_layers": 2, "num_attention_heads": 3, "num_key_value_heads": 1, "intermediate_size": 7, "vocab_size": 11,
         "rms_norm_eps": 1e-5, "mlp_bias": true, "rope_theta": 10000.0, "tie_word_embeddings": true}
        """,
        "F16", [1.0518076227514848, -0.12323392841715587, -0.9860256718297494, 0.653116923921605], 2.559951720121505, 40.99305530497124,
        "input_layernorm.weight 12", "self_attn.q_proj.weight 12 12", "self_attn.k_proj.weight 4 12", "self_attn.v_proj.weight 4 12",
            "self_attn.o_proj.weight 12 12",
        "post_attention_layernorm.weight 12", "mlp.gate_proj.weight 7 12", "mlp.gate_proj.bias 7", "mlp.up_proj.weight 7 12", "mlp.up_proj.bias 7",
            "mlp.down_proj.weight 12 7", "mlp.down_proj.bias 12");

    /// <param name="last">The first logits of the last token.</param>
    /// <param name="layer">Names and shapes of a layer's tensors, in the order in which they are filled.</param>
    private static void Require(string config, string type, double[] last, double sum, double sumOfSizes, params string[] layer)
    {
        using var folder = new TemporaryFolder();
        folder.Write("config.json", config);
        var hidden = JsonNode.Parse(config)!["hidden_size"]!.GetValue<int>();
        var tied = JsonNode.Parse(config)!["tie_word_embeddings"]!.GetValue<bool>();
        string[] all =
        [
            $"model.embed_tokens.weight 11 {hidden}", .. layer.Select(tensor => $"model.layers.0.{tensor}"),
                .. layer.Select(tensor => $"model.layers.1.{tensor}"), $"model.norm.weight {hidden}",
            .. tied ? Array.Empty<string>() : [$"lm_head.weight 11 {hidden}"],
        ];
        RawWriter.Write(folder["model.safetensors"], all.Select((tensor, index) =>
        {
            string[] parts = tensor.Split(' ');
            int[] shape = [.. parts[1..].Select(int.Parse)];
            var mean = parts[0].Contains("norm", StringComparison.Ordinal) ? 1.0 : 0;
            return (parts[0], shape, Enumerable.Range(0, shape.Aggregate((a, b) => a * b)).Select(i => mean + (0.5 * Math.Sin((0.37 * i) + index))).ToArray(),
                type);
        }));
        var logits = new RawCheckpoint(folder.Path).Logits(Ids);
        Assert.That(logits.TakeLast(11).Take(last.Length), Is.EqualTo(last).Within(1e-12));
        Assert.That((logits.Sum(), logits.Sum(Math.Abs)), Is.EqualTo((sum, sumOfSizes)).Within(1e-11));
    }
}
