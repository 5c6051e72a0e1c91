using System.Text.Json.Nodes;

namespace ForgePrune.Onnx.Tests.Checkpoints;

/// <summary>A small checkpoint folder of random family, sizes, biases, rotary settings, spelling, types and file layout, as anybody's tools may have
/// written it.</summary>
internal sealed class RandomCheckpoint
{
    private readonly Dice dice;
    private readonly JsonObject config = [];
    private readonly RandomTensors tensors;
    private readonly string family, prefix;

    private bool IsGemma => family.StartsWith("gemma", StringComparison.Ordinal);

    private bool NormsBehind => family is "gemma2" or "gemma3_text";

    private bool IsOlmo => family is "olmo2" or "olmo3";

    /// <summary>Whether layers slide by their place.</summary>
    private bool Alternates => NormsBehind || family == "olmo3";

    private RandomCheckpoint(int seed)
    {
        dice = new Dice(seed);
        family = dice.Any("llama", "mistral", "qwen2", "qwen3", "smollm3", "granite", "phi3", "gemma", "gemma2", "gemma3_text", "olmo2", "olmo3");
        prefix = dice.Chance(4) ? "" : "model.";
        // One type for all, or another for each tensor.
        tensors = new RandomTensors(dice, prefix, dice.Chance(4) ? null : dice.Any(RandomTensors.Types));
    }

    /// <summary>What was drawn, as the config says it.</summary>
    public string Config => config.ToJsonString();

    public static RandomCheckpoint Write(int seed, string folder)
    {
        var made = new RandomCheckpoint(seed);
        made.Draw();
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), made.Config);
        made.tensors.Write(folder);
        return made;
    }

    private void Draw()
    {
        int layers = dice.Next(1, 4), kvHeads = dice.Next(1, 4), queryHeads = kvHeads * dice.Next(1, 5),
            headDim = dice.Chance(3) ? 2 * dice.Next(1, 17) : 8 * dice.Next(1, 5);
        var derived = dice.Chance(3) && (family != "qwen3") && !IsGemma;
        int hidden = derived ? queryHeads * headDim : dice.Next(4, 49), ffn = dice.Next(1, 60), vocab = dice.Next(20, 90);
        if (!dice.Chance(5))
            config["model_type"] = family;
        var bare = prefix == "" && config.ContainsKey("model_type");
        config["architectures"] = new JsonArray(family switch
        {
            "smollm3" => "SmolLM3",
            "gemma3_text" => bare ? "Gemma3Text" : "Gemma3",
            _ => char.ToUpperInvariant(family[0]) + family[1..],
        } + (bare ? "Model" : "ForCausalLM"));
        (config["hidden_size"], config["num_hidden_layers"], config["num_attention_heads"]) = (hidden, layers, queryHeads);
        config["num_key_value_heads"] = kvHeads == queryHeads && dice.Chance(2) ? null : kvHeads;
        (config["intermediate_size"], config["vocab_size"]) = (ffn, vocab);
        config["max_position_embeddings"] = dice.Any(32, 600, 4096);
        if (!derived)
            config["head_dim"] = headDim;
        else if (dice.Chance(2))
            config["head_dim"] = null;
        if (!dice.Chance(5))
            config["rms_norm_eps"] = dice.Any(1e-5, 1e-6, 1e-3);
        if (!IsGemma)
            Draw("hidden_act", "silu", "swish", null);
        else
            Draw(dice.Any("hidden_act", "hidden_activation"), "gelu_pytorch_tanh", null);
        Draw("torch_dtype", "float32", "bfloat16", null);
        Draw("dtype", "float16", null, null);
        Draw("pretraining_tp", 1, 2, null);
        var positions = new RandomPositions(dice, config, family, Alternates);
        positions.DrawRotation(headDim);
        positions.DrawWindow(layers);
        DrawFamily(layers);
        var tied = dice.Chance(2);
        if (tied || dice.Chance(2) || family == "smollm3" || IsGemma)
            config["tie_word_embeddings"] = tied;
        var attentionBias = Switch("attention_bias") && (IsGemma || IsOlmo || family is "llama" or "qwen3" or "smollm3" or "granite");
        var mlpBias = Switch("mlp_bias") && family is "llama" or "smollm3" or "granite";
        tensors.Add("embed_tokens.weight", 0, 1, vocab, hidden);
        for (var layer = 0; layer < layers; layer++)
            AddLayer($"layers.{layer}.", hidden, ffn, headDim, kvHeads, queryHeads, attentionBias, mlpBias);
        Norm("norm", 0.2, hidden);
        if (!tied)
            tensors.Add("lm_head.weight", 0, 1 / Math.Sqrt(hidden), vocab, hidden);
        else if (dice.Chance(3))
            tensors.AddTiedHead();
    }

    private bool Switch(string key)
    {
        if (!config.ContainsKey(key) && dice.Chance(2))
            config[key] = dice.Chance(2);
        return config[key]?.GetValue<bool>() ?? false;
    }

    private void AddLayer(string layer, int hidden, int ffn, int headDim, int kvHeads, int queryHeads, bool attentionBias, bool mlpBias)
    {
        var qkvBias = family == "qwen2" || attentionBias;
        if (!IsOlmo)
            Norm(layer + "input_layernorm", 0.2, hidden);
        if (family == "phi3")
        {
            tensors.Linear(layer + "self_attn.qkv_proj", false, (queryHeads + (2 * kvHeads)) * headDim, hidden);
        }
        else
        {
            tensors.Linear(layer + "self_attn.q_proj", qkvBias, queryHeads * headDim, hidden);
            tensors.Linear(layer + "self_attn.k_proj", qkvBias, kvHeads * headDim, hidden);
            tensors.Linear(layer + "self_attn.v_proj", qkvBias, kvHeads * headDim, hidden);
        }

        tensors.Linear(layer + "self_attn.o_proj", attentionBias, hidden, queryHeads * headDim);
        if (IsOlmo || family is "qwen3" or "gemma3_text")
        {
            Norm(layer + "self_attn.q_norm", 0.3, IsOlmo ? queryHeads * headDim : headDim);
            Norm(layer + "self_attn.k_norm", 0.3, IsOlmo ? kvHeads * headDim : headDim);
        }

        Norm(layer + "post_attention_layernorm", 0.2, hidden);
        if (NormsBehind)
            Norm(layer + "pre_feedforward_layernorm", 0.2, hidden);
        if (NormsBehind || IsOlmo)
            Norm(layer + "post_feedforward_layernorm", 0.2, hidden);

        if (family == "phi3")
        {
            tensors.Linear(layer + "mlp.gate_up_proj", false, 2 * ffn, hidden);
        }
        else
        {
            tensors.Linear(layer + "mlp.gate_proj", mlpBias, ffn, hidden);
            tensors.Linear(layer + "mlp.up_proj", mlpBias, ffn, hidden);
        }

        tensors.Linear(layer + "mlp.down_proj", mlpBias, hidden, ffn);
        if (dice.Chance(4))
            tensors.Add(layer + "self_attn.rotary_emb.inv_freq", 0, 1, headDim / 2);
    }

    /// <summary>Around one, as the class stores it.</summary>
    private void Norm(string name, double deviation, int length) => tensors.Add(name + ".weight", IsGemma ? 0 : 1, deviation, length);

    /// <summary>What only one family has.</summary>
    private void DrawFamily(int layers)
    {
        if (NormsBehind)
        {
            Draw("query_pre_attn_scalar", 16, 24.5);
            Draw("attn_logit_softcapping", 2, 50.0, null);
            Draw("final_logit_softcapping", 5, 30.0, null);
            if (dice.Chance(2))
                config["sliding_window_pattern"] = dice.Next(1, 4);
        }

        if (family == "gemma3_text" && config["rope_parameters"]?["sliding_attention"]?["rope_theta"] is null)
            Draw("rope_local_base_freq", 100, 10000.0);
        if (family == "granite")
            foreach (var (key, value) in new[]
            {
                ("embedding_multiplier", 12.0), ("attention_multiplier", 0.125), ("residual_multiplier", 0.22), ("logits_scaling", 8),
            })
                if (!dice.Chance(3))
                    config[key] = value;
        if (family != "smollm3")
            return;
        Draw("no_rope_layer_interval", 1, 2, null);
        if (dice.Chance(2))
            config["no_rope_layers"] = new JsonArray([.. Enumerable.Range(0, layers).Select(_ => (JsonNode)dice.Next(2))]);
    }

    private void Draw(string key, params JsonNode?[] values) => dice.Draw(config, key, values);
}
