using System.Text.Json.Nodes;
using ForgePrune.Testing.Reference;

namespace ForgePrune.Onnx.Tests.Checkpoints;

/// <summary>A small checkpoint folder of random family, sizes, biases, rotary settings, spelling, types and file layout, as anybody's tools may have
/// written it.</summary>
internal sealed class RandomCheckpoint
{
    private static readonly string[] Types = ["F32", "F16", "BF16"];

    private readonly Random random;
    private readonly JsonObject config = [];
    private readonly List<(string Name, int[] Shape, double[] Values, string Type)> tensors = [];
    private readonly string family, prefix;
    private bool IsGemma => family.StartsWith("gemma", StringComparison.Ordinal);

    private bool NormsBehind => family is "gemma2" or "gemma3_text";

    private bool IsOlmo => family is "olmo2" or "olmo3";

    /// <summary>Whether layers slide by their place.</summary>
    private bool Alternates => NormsBehind || family == "olmo3";

    private readonly string? type;

    private RandomCheckpoint(int seed)
    {
        random = new Random(seed);
        family = Any("llama", "mistral", "qwen2", "qwen3", "smollm3", "granite", "phi3", "gemma", "gemma2", "gemma3_text", "olmo2", "olmo3");
        prefix = Chance(4) ? "" : "model.";
        // One type for all, or another for each tensor.
        type = Chance(4) ? null : Any(Types);
    }

    /// <summary>What was drawn, as the config says it.</summary>
    public string Config => config.ToJsonString();

    public static RandomCheckpoint Write(int seed, string folder)
    {
        var made = new RandomCheckpoint(seed);
        made.Draw();
        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "config.json"), made.Config);
        made.WriteTensors(folder);
        return made;
    }

    private void Draw()
    {
        int layers = random.Next(1, 4), kvHeads = random.Next(1, 4), queryHeads = kvHeads * random.Next(1, 5),
            headDim = Chance(3) ? 2 * random.Next(1, 17) : 8 * random.Next(1, 5);
        var derived = Chance(3) && (family != "qwen3") && !IsGemma;
        int hidden = derived ? queryHeads * headDim : random.Next(4, 49), ffn = random.Next(1, 60), vocab = random.Next(20, 90);
        if (!Chance(5))
            config["model_type"] = family;
        var bare = prefix == "" && config.ContainsKey("model_type");
        config["architectures"] = new JsonArray(family switch
        {
            "smollm3" => "SmolLM3",
            "gemma3_text" => bare ? "Gemma3Text" : "Gemma3",
            _ => char.ToUpperInvariant(family[0]) + family[1..],
        } + (bare ? "Model" : "ForCausalLM"));
        (config["hidden_size"], config["num_hidden_layers"], config["num_attention_heads"]) = (hidden, layers, queryHeads);
        (config["num_key_value_heads"], config["intermediate_size"], config["vocab_size"]) = (kvHeads == queryHeads && Chance(2) ? null : kvHeads, ffn, vocab);
        config["max_position_embeddings"] = Any(32, 600, 4096);
        if (!derived)
            config["head_dim"] = headDim;
        else if (Chance(2))
            config["head_dim"] = null;
        if (!Chance(5))
            config["rms_norm_eps"] = Any(1e-5, 1e-6, 1e-3);
        if (!IsGemma)
            Draw("hidden_act", "silu", "swish", null);
        else
            Draw(Any("hidden_act", "hidden_activation"), "gelu_pytorch_tanh", null);
        Draw("torch_dtype", "float32", "bfloat16", null);
        Draw("dtype", "float16", null, null);
        Draw("pretraining_tp", 1, 2, null);
        DrawRope(headDim);
        DrawWindow(layers);
        DrawFamily(layers);
        var tied = Chance(2);
        if (tied || Chance(2) || family == "smollm3" || IsGemma)
            config["tie_word_embeddings"] = tied;
        var attentionBias = Switch("attention_bias") && (IsGemma || IsOlmo || family is "llama" or "qwen3" or "smollm3" or "granite");
        var mlpBias = Switch("mlp_bias") && family is "llama" or "smollm3" or "granite";
        Add("embed_tokens.weight", 0, 1, vocab, hidden);
        for (var layer = 0; layer < layers; layer++)
            AddLayer($"layers.{layer}.", hidden, ffn, headDim, kvHeads, queryHeads, attentionBias, mlpBias);
        Norm("norm", 0.2, hidden);
        if (!tied)
            Add("lm_head.weight", 0, 1 / Math.Sqrt(hidden), vocab, hidden);
        else if (Chance(3))
            tensors.Add(("lm_head.weight", tensors[0].Shape, Exact(tensors[0].Values, tensors[0].Type), Any(tensors[0].Type, "F32")));
    }

    private bool Switch(string key)
    {
        if (!config.ContainsKey(key) && Chance(2))
            config[key] = Chance(2);
        return config[key]?.GetValue<bool>() ?? false;
    }

    private void AddLayer(string layer, int hidden, int ffn, int headDim, int kvHeads, int queryHeads, bool attentionBias, bool mlpBias)
    {
        var qkvBias = family == "qwen2" || attentionBias;
        if (!IsOlmo)
            Norm(layer + "input_layernorm", 0.2, hidden);
        if (family == "phi3")
        {
            Linear(layer + "self_attn.qkv_proj", false, (queryHeads + (2 * kvHeads)) * headDim, hidden);
        }
        else
        {
            Linear(layer + "self_attn.q_proj", qkvBias, queryHeads * headDim, hidden);
            Linear(layer + "self_attn.k_proj", qkvBias, kvHeads * headDim, hidden);
            Linear(layer + "self_attn.v_proj", qkvBias, kvHeads * headDim, hidden);
        }

        Linear(layer + "self_attn.o_proj", attentionBias, hidden, queryHeads * headDim);
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
            Linear(layer + "mlp.gate_up_proj", false, 2 * ffn, hidden);
        }
        else
        {
            Linear(layer + "mlp.gate_proj", mlpBias, ffn, hidden);
            Linear(layer + "mlp.up_proj", mlpBias, ffn, hidden);
        }

        Linear(layer + "mlp.down_proj", mlpBias, hidden, ffn);
        if (Chance(4))
            Add(layer + "self_attn.rotary_emb.inv_freq", 0, 1, headDim / 2);
    }

    /// <summary>Around one, as the class stores it.</summary>
    private void Norm(string name, double deviation, int length) => Add(name + ".weight", IsGemma ? 0 : 1, deviation, length);

    /// <summary>What only one family has.</summary>
    private void DrawFamily(int layers)
    {
        if (NormsBehind)
        {
            Draw("query_pre_attn_scalar", 16, 24.5);
            Draw("attn_logit_softcapping", 2, 50.0, null);
            Draw("final_logit_softcapping", 5, 30.0, null);
            if (Chance(2))
                config["sliding_window_pattern"] = random.Next(1, 4);
        }

        if (family == "gemma3_text" && config["rope_parameters"]?["sliding_attention"]?["rope_theta"] is null)
            Draw("rope_local_base_freq", 100, 10000.0);
        if (family == "granite")
            foreach (var (key, value) in new[]
            {
                ("embedding_multiplier", 12.0), ("attention_multiplier", 0.125), ("residual_multiplier", 0.22), ("logits_scaling", 8),
            })
                if (!Chance(3))
                    config[key] = value;
        if (family != "smollm3")
            return;
        Draw("no_rope_layer_interval", 1, 2, null);
        if (Chance(2))
            config["no_rope_layers"] = new JsonArray([.. Enumerable.Range(0, layers).Select(_ => (JsonNode)random.Next(2))]);
    }

    private void DrawRope(int headDim)
    {
        // An even number of elements, with some room for the cut.
        double? share = family == "phi3" && Chance(2) ? (2 * random.Next(1, (headDim / 2) + 1) + 0.5) / headDim : null;
        if (share > 1)
            share = 1;
        var pairs = share is { } part ? (int)(headDim * part) / 2 : headDim / 2;

        double? theta = Chance(6) ? null : Any(500.0, 10000, 1e6);
        var rope = new JsonObject();
        if (Chance(2))
        {
            rope[Any("rope_type", "type")] = "llama3";
            (rope["factor"], rope["low_freq_factor"], rope["high_freq_factor"], rope["original_max_position_embeddings"]) =
                (Any(2.0, 8, 32), 1.0, 4.0, Any(16, 64, 8192));
        }
        else if (Chance(2))
            rope["rope_type"] = "default";
        else if (family == "phi3" && Chance(2))
        {
            rope[Any("rope_type", "type")] = Any("longrope", "su", "yarn");
            rope["original_max_position_embeddings"] = Any(16, 32, 4096);
            (rope["short_factor"], rope["long_factor"]) = (Divisors(), Divisors());
            if (Chance(3))
                rope["attention_factor"] = 1.3;
        }
        else if (Chance(2) && family != "phi3")
        {
            var kind = Any("linear", "dynamic", "yarn");
            (rope[Any("rope_type", "type")], rope["factor"]) = (kind, Any(2.0, 8));
            if (kind == "yarn" && Chance(2))
                rope["original_max_position_embeddings"] = Any(16, 64);
            if (kind == "yarn" && Chance(2))
                (rope["beta_fast"], rope["beta_slow"]) = (Any(4, 32.0), Any(1, 0.5));
            if (kind == "yarn" && Chance(3))
                rope["attention_factor"] = 1.2;
            if (kind == "yarn" && Chance(3))
                (rope["mscale"], rope["mscale_all_dim"]) = (Any(1, 0.7), Any(1, 0.5));
            if (kind == "yarn" && Chance(3))
                rope["truncate"] = Chance(2);
        }

        JsonArray Divisors() => new([.. Enumerable.Range(0, pairs).Select(pair => (JsonNode)Math.Pow(1.2, random.Next(pair + 1)))]);

        if (share is not null && Chance(2))
            config["partial_rotary_factor"] = share;
        else if (share is not null)
            rope["partial_rotary_factor"] = share;
        // Where sliding layers turn unscaled by the same base, settings of no type of layer are those of all only if they scale nothing.
        switch (random.Next(3) is var spelling && spelling == 1 && family == "olmo3" ? 0 : spelling)
        {
            case 0:
                config["rope_theta"] = theta;
                config["rope_scaling"] = rope.Count == 0 && Chance(2) ? null : rope;
                break;
            case 1:
                Inside(rope);
                config["rope_parameters"] = rope;
                break;
            default:
                Inside(rope);
                if (share is null)
                    rope["partial_rotary_factor"] = 1.0;
                config["rope_parameters"] = new JsonObject { ["full_attention"] = rope };
                if (family == "gemma3_text")
                    config["rope_parameters"]!["sliding_attention"] = new JsonObject { ["rope_type"] = "default", ["rope_theta"] = Any(100.0, 5000) };
                else if (family == "olmo3")
                    config["rope_parameters"]!["sliding_attention"] = new JsonObject { ["rope_type"] = "default", ["rope_theta"] = theta };
                else if (Chance(2))
                    config["rope_parameters"]!["sliding_attention"] = rope.DeepClone();
                break;
        }

        void Inside(JsonObject rope)
        {
            if (theta is not null)
                rope["rope_theta"] = theta;
            if (Chance(3))
                config["rope_theta"] = theta;
        }
    }

    /// <summary>Windows that some sequences reach.</summary>
    private void DrawWindow(int layers)
    {
        if (Alternates)
            config["sliding_window"] = Any(131072, 4, 1);
        else if (family == "mistral" || Chance(2))
            config["sliding_window"] = Chance(2) ? null : Any(131072, 4, 1);
        if (family == "smollm3" && Chance(2))
            config["use_sliding_window"] = Chance(2);
        if (family.StartsWith("qwen", StringComparison.Ordinal) && Chance(2))
            (config["use_sliding_window"], config["max_window_layers"]) = (config["sliding_window"] is null && Chance(2), random.Next(layers + 1));
        if (family.StartsWith("qwen", StringComparison.Ordinal) && !config.ContainsKey("sliding_window"))
            config["sliding_window"] = 131072;
        if (Chance(3))
            config["layer_types"] = new JsonArray([.. Enumerable.Range(0, layers).Select(_ => (JsonNode)(
                config["sliding_window"] is not null && (Alternates || family is "qwen2" or "qwen3" or "smollm3") && Chance(2)
                    ? "sliding_attention" : "full_attention"))]);
        // Settings of one type of layer are no settings of another.
        if (config["rope_parameters"]?["full_attention"] is { } settings && config["rope_parameters"]!["sliding_attention"] is null
            && config["layer_types"]?.AsArray().Any(type => type!.GetValue<string>() == "sliding_attention") == true)
            config["rope_parameters"]!["sliding_attention"] = settings.DeepClone();
    }

    private void Linear(string name, bool bias, int rows, int cols)
    {
        Add(name + ".weight", 0, 1 / Math.Sqrt(cols), rows, cols);
        if (bias)
            Add(name + ".bias", 0, 0.3, rows);
    }

    private void Add(string name, double mean, double deviation, params int[] shape)
    {
        var values = new double[shape.Aggregate(1, (product, size) => product * size)];
        for (var i = 0; i < values.Length; i++)
            values[i] = mean + (deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        tensors.Add(((name == "lm_head.weight" ? "" : prefix) + name, shape, values, type ?? Any(Types)));
    }

    /// <summary>In one file, in shards with an index, or in shards whose names say how many there are.</summary>
    private void WriteTensors(string folder)
    {
        var (layout, shards) = (random.Next(3), random.Next(1, 4));
        if (layout == 0)
        {
            RawWriter.Write(Path.Combine(folder, "model.safetensors"), tensors);
            return;
        }

        var map = new JsonObject();
        foreach (var shard in tensors.Select(tensor => (tensor, Shard: random.Next(shards))).ToLookup(pair => pair.Shard, pair => pair.tensor))
        {
            RawWriter.Write(Path.Combine(folder, Name(shard.Key)), shard);
            foreach (var (name, _, _, _) in shard)
                map[name] = Name(shard.Key);
        }

        for (var shard = 0; shard < shards; shard++)
            if (layout == 2 && !File.Exists(Path.Combine(folder, Name(shard))))
                RawWriter.Write(Path.Combine(folder, Name(shard)), []);
        if (layout == 1)
            File.WriteAllText(Path.Combine(folder, "model.safetensors.index.json"),
                new JsonObject { ["metadata"] = new JsonObject(), ["weight_map"] = map }.ToJsonString());

        string Name(int shard) => $"model-{shard + 1:D5}-of-{shards:D5}.safetensors";
    }

    /// <summary>The values as a type stores them.</summary>
    private static double[] Exact(double[] values, string type) => [.. values.Select(value => type switch
    {
        "F32" => (float)value,
        "F16" => (double)(Half)value,
        _ => BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits((float)value) & 0xFFFF_0000),
    })];

    private void Draw(string key, params JsonNode?[] values)
    {
        if (!Chance(3))
            config[key] = values[random.Next(values.Length)]?.DeepClone();
    }

    private T Any<T>(params T[] values) => values[random.Next(values.Length)];

    private bool Chance(int one) => random.Next(one) == 0;
}
