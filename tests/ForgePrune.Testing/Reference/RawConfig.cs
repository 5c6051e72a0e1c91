using System.Text.Json;

namespace ForgePrune.Testing.Reference;

/// <summary>A config.json read anew, as the classes of Hugging Face transformers define its keys: every key that this does not ask for changes
/// nothing there. What a class would refuse, or this reference does not compute, throws.</summary>
public sealed class RawConfig
{
    private readonly JsonElement root;
    private readonly string family;
    private readonly JsonElement? own;

    public RawConfig(string file)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(file));
        root = document.RootElement.Clone();
        own = Key(root, "forgeprune");
        var type = Text(root, "model_type") ?? Families.First(family => root.GetProperty("architectures").EnumerateArray()
            .Any(name => name.GetString()!.StartsWith(family.Class, StringComparison.Ordinal))).Name;
        family = type == "forgeprune" ? Text(own!.Value, "family")! : type;
        _ = Families.Single(known => known.Name == family);
        string? active = Text(root, "hidden_activation"), older = Text(root, "hidden_act");
        Require(IsGemma ? active is null or "gelu_pytorch_tanh" && older is null or "gelu_pytorch_tanh" || (family == "gemma" && older == "gelu")
            : older is null or "silu" or "swish", "hidden_act");
        var heads = Whole(root, "num_attention_heads")!.Value;
        HeadDim = Whole(root, "head_dim") ?? (root.TryGetProperty("head_dim", out _) ? Hidden / heads
            : family switch { "qwen3" => 128, "gemma" or "gemma2" or "gemma3_text" => 256, _ => Hidden / heads });
        KvHeads = Whole(root, "num_key_value_heads") ?? (root.TryGetProperty("num_key_value_heads", out _) ? heads
            : family switch { "mistral" or "mixtral" => 8, "qwen2" or "qwen3" => 32, "smollm3" or "gemma2" or "gemma3_text" or "qwen3_moe" => 4, _ => heads });
        QueryHeads = heads;
        Layers = Whole(root, "num_hidden_layers")!.Value;
    }

    private static (string Name, string Class)[] Families => [("llama", "Llama"), ("mistral", "Mistral"), ("qwen2", "Qwen2"), ("qwen3", "Qwen3"),
        ("smollm3", "SmolLM3"), ("granite", "Granite"), ("phi3", "Phi3"), ("gemma2", "Gemma2"), ("gemma3_text", "Gemma3"), ("gemma", "Gemma"),
        ("olmo2", "Olmo2"), ("olmo3", "Olmo3"), ("qwen3_moe", "Qwen3Moe"), ("mixtral", "Mixtral")];

    private bool IsGemma => family is "gemma" or "gemma2" or "gemma3_text";

    private bool IsOlmo => family is "olmo2" or "olmo3";

    /// <summary>Whether sliding layers turn without the model's scaling.</summary>
    private bool SlidesUnscaled => family is "gemma3_text" or "olmo3";

    /// <summary>Whether norms stand on what blocks add.</summary>
    public bool NormsBehind => family is "gemma2" or "gemma3_text" || IsOlmo;

    /// <summary>Whether they stand on what blocks read.</summary>
    public bool NormsBefore => !IsOlmo;

    /// <summary>Whether norms of queries and keys are over all heads.</summary>
    public bool QkNormAcrossHeads => IsOlmo;

    /// <summary>Whether norms multiply by 1 + w.</summary>
    public bool NormsAddOne => IsGemma;

    public double? LogitCap => Cap("final_logit_softcapping", family == "gemma2" ? 30 : null);

    private double? Cap(string key, double? missing) => family is not ("gemma2" or "gemma3_text") ? null : root.TryGetProperty(key, out _) ? Number(root, key) : missing;

    public int Hidden => Whole(root, "hidden_size")!.Value;

    public int HeadDim { get; }

    public int KvHeads { get; }

    public int QueryHeads { get; }

    public int Layers { get; }

    public int Vocab => Whole(root, "vocab_size")!.Value;

    public int Ffn => Whole(root, "intermediate_size")!.Value;

    public bool Tied => Key(root, "tie_word_embeddings")?.GetBoolean() ?? (family == "smollm3" || IsGemma);

    /// <summary>Whether q, k and v are one tensor, and gate and up another.</summary>
    public bool Fused => family == "phi3";

    /// <summary>Channels of an expert, and how those of a token are weighed; null where a layer has none.</summary>
    public (int Width, ReferenceExperts Rule)? Experts(int layer) => OfClass(layer) is not { } experts ? null
        : (own is { } section ? Whole(section.GetProperty("layers")[layer], "expert_width") ?? experts.Width : experts.Width, experts.Rule);

    private (int Width, ReferenceExperts Rule)? OfClass(int layer) => family switch
    {
        "mixtral" => (Ffn, new(Whole(root, "num_experts_per_tok") ?? 2, true)),
        "qwen3_moe" when (layer + 1) % (Whole(root, "decoder_sparse_step") ?? 1) == 0
            && Key(root, "mlp_only_layers")?.EnumerateArray().Any(dense => dense.GetInt32() == layer) is null or false
            => (Whole(root, "moe_intermediate_size") ?? 768, new(Whole(root, "num_experts_per_tok") ?? 8, Flag(root, "norm_topk_prob"))),
        _ => null,
    };

    /// <summary>Where the class has its own names of experts.</summary>
    public bool NamesAsMixtral => family == "mixtral";

    public double EmbeddingScale => IsGemma ? Math.Sqrt(Hidden) : Multiplier("embedding_multiplier");

    public double ResidualScale => Multiplier("residual_multiplier");

    public double LogitDivisor => Multiplier("logits_scaling");

    public bool QkvBias => Own("qkv_bias") ?? (family == "qwen2" || OutputBiasOfClass);

    public bool OutputBias => Own("output_bias") ?? OutputBiasOfClass;

    public bool GateUpBias => Own("gate_up_bias") ?? MlpBiasOfClass;

    public bool DownBias => Own("down_bias") ?? MlpBiasOfClass;

    public bool QkNorm => Own("qk_norm") ?? (family is "qwen3" or "qwen3_moe" or "gemma3_text" || IsOlmo);

    private bool OutputBiasOfClass =>
        (IsGemma || IsOlmo || family is "llama" or "qwen3" or "qwen3_moe" or "smollm3" or "granite") && Flag(root, "attention_bias");

    private bool MlpBiasOfClass => family is "llama" or "smollm3" or "granite" && Flag(root, "mlp_bias");

    /// <summary>Heads and channels of a layer.</summary>
    public (int KvHeads, int QueryHeads, int Ffn) Layer(int index)
    {
        if (own is not { } section)
            return (KvHeads, QueryHeads, Experts(index) is { } experts
                ? experts.Width * (Whole(root, family == "mixtral" ? "num_local_experts" : "num_experts") ?? (family == "mixtral" ? 8 : 128)) : Ffn);
        var layer = section.GetProperty("layers")[index];
        return (Whole(layer, "kv_heads")!.Value, Whole(layer, "query_heads")!.Value, Whole(layer, "ffn")!.Value);
    }

    public ReferenceBlocks Blocks(int layer)
    {
        var (theta, rope) = Rope(layer);
        var share = (rope is { } given ? Number(given, "partial_rotary_factor") : null) ?? Number(root, "partial_rotary_factor") ?? 1;
        Require(share == 1 || family == "phi3", "partial_rotary_factor");
        var plain = Unrotated(layer) ? [] : ReferenceBlocks.Frequencies(theta, (int)(HeadDim * share));
        var kind = rope is { } scaling ? Text(scaling, "rope_type") ?? Text(scaling, "type") ?? "default" : "default";
        if (family == "phi3" && kind is "su" or "yarn")
            kind = "longrope";
        double Of(string key) => Number(rope!.Value, key)!.Value;
        var (frequencies, turn) = kind switch
        {
            // Dynamic scaling begins beyond the positions of the config.
            "default" or "dynamic" => (plain, 1),
            "linear" => ([.. plain.Select(value => value / Of("factor"))], 1),
            "llama3" => ([.. plain.Select(value => ReferenceBlocks.Llama3(value, Of("factor"), Of("low_freq_factor"), Of("high_freq_factor"),
                Of("original_max_position_embeddings")))], 1),
            "yarn" => Yarn(plain, theta, rope!.Value),
            "longrope" => LongRope(plain, rope!.Value),
            _ => throw new NotSupportedException($"the reference does not compute {kind}"),
        };
        return new(HeadDim, Number(root, "rms_norm_eps") ?? (IsOlmo || family is "phi3" or "mixtral" ? 1e-5 : 1e-6), frequencies, Window(layer))
        {
            Scale = family == "granite" ? Multiplier("attention_multiplier")
                : 1 / Math.Sqrt(family is "gemma2" or "gemma3_text" ? Number(root, "query_pre_attn_scalar") ?? 256 : HeadDim),
            Turn = turn,
            Cap = Cap("attn_logit_softcapping", family == "gemma2" ? 50 : null),
            Before = NormsBefore,
            Behind = NormsBehind,
            Gate = IsGemma ? ReferenceBlocks.Gelu : ReferenceBlocks.Silu,
        };
    }

    private (double[] Frequencies, double Turn) Yarn(double[] plain, double theta, JsonElement rope)
    {
        double factor = Number(rope, "factor")!.Value, fast = Number(rope, "beta_fast") ?? 0, slow = Number(rope, "beta_slow") ?? 0;
        double? over = Number(rope, "mscale"), under = Number(rope, "mscale_all_dim");
        var turn = Number(rope, "attention_factor") ?? (over is > 0 && under is > 0
            ? ReferenceBlocks.YarnTurn(factor, over.Value) / ReferenceBlocks.YarnTurn(factor, under.Value) : ReferenceBlocks.YarnTurn(factor));
        return (plain.Length == 0 ? plain : ReferenceBlocks.Yarn(plain, theta, factor, Number(rope, "original_max_position_embeddings") ?? Positions,
            fast == 0 ? 32 : fast, slow == 0 ? 1 : slow, Key(rope, "truncate")?.GetBoolean() ?? true), turn);
    }

    private (double[] Frequencies, double Turn) LongRope(double[] plain, JsonElement rope)
    {
        var original = Number(rope, "original_max_position_embeddings") ?? Number(root, "original_max_position_embeddings") ?? 4096;
        double[] divisors = [.. rope.GetProperty("short_factor").EnumerateArray().Select(value => value.GetDouble())];
        return ([.. plain.Select((value, i) => value / divisors[i])],
            Number(rope, "attention_factor") ?? ReferenceBlocks.LongRopeTurn(original, Positions));
    }

    private int Positions => Whole(root, "max_position_embeddings")
        ?? family switch
        {
            "mistral" or "mixtral" or "gemma3_text" => 131072,
            "gemma" or "gemma2" => 8192,
            "qwen2" or "qwen3" or "qwen3_moe" or "smollm3" => 32768,
            "phi3" => 4096,
            _ => 2048,
        };

    /// <summary>Whether a layer has no rotary embedding.</summary>
    private bool Unrotated(int layer) => family == "smollm3" && (Key(root, "no_rope_layers") is { } list
        ? list[layer].GetInt32() == 0 : (layer + 1) % (Whole(root, "no_rope_layer_interval") ?? 4) == 0);

    private double Multiplier(string key) => family == "granite" ? Number(root, key) ?? 1 : 1;

    /// <summary>The rope object of a layer, and theta from where it stands.</summary>
    private (double Theta, JsonElement? Rope) Rope(int layer)
    {
        JsonElement? parameters = NotEmpty("rope_parameters"), rope = parameters ?? NotEmpty("rope_scaling");
        if (SlidesUnscaled && Slides(layer))
        {
            var sliding = rope is { } types && types.TryGetProperty("sliding_attention", out var given) ? (JsonElement?)given : null;
            var usual = family == "gemma3_text" ? Number(root, "rope_local_base_freq")
                : (parameters is { } all ? Number(all, "rope_theta") : null) ?? Number(root, "rope_theta");
            return ((sliding is { } settings ? Number(settings, "rope_theta") : null) ?? usual ?? 10000, null);
        }

        if (rope is { } nested && nested.EnumerateObject().Any(property => property.Value.ValueKind == JsonValueKind.Object))
            rope = nested.GetProperty(SlidesUnscaled ? "full_attention" : TypeOf(layer) ?? "full_attention");
        var inside = parameters is null || rope is null ? null : Number(rope.Value, "rope_theta");
        return (inside ?? Number(root, "rope_theta") ?? family switch { "smollm3" => 2000000, "gemma3_text" or "mixtral" => 1000000, _ => 10000 }, rope);
    }

    /// <summary>Whether a layer of a Gemma or an OLMo slides.</summary>
    private bool Slides(int layer) => TypeOf(layer) is { } type ? type == "sliding_attention"
        : (layer + 1) % (family == "gemma2" ? 2 : family == "olmo3" ? 4 : Whole(root, "sliding_window_pattern") ?? 6) != 0;

    private JsonElement? NotEmpty(string key) =>
        Key(root, key) is { } value && value.EnumerateObject().Any(property => property.Value.ValueKind != JsonValueKind.Null) ? value : null;

    private string? TypeOf(int layer) => Key(root, "layer_types") is { } types && layer < types.GetArrayLength() ? types[layer].GetString() : null;

    /// <summary>How far a layer sees back.</summary>
    private int Window(int layer)
    {
        var windowed = family switch
        {
            "mistral" => true,
            "qwen2" or "qwen3" =>
                TypeOf(layer) is { } type ? type == "sliding_attention" : Flag(root, "use_sliding_window") && layer >= (Whole(root, "max_window_layers") ?? 28),
            "smollm3" => TypeOf(layer) is { } type ? type == "sliding_attention" : Flag(root, "use_sliding_window") && Unrotated(layer),
            "phi3" or "mixtral" => root.TryGetProperty("sliding_window", out _),
            "gemma2" or "gemma3_text" or "olmo3" => Slides(layer),
            _ => false,
        };
        if (family == "smollm3" && !root.TryGetProperty("sliding_window", out _))
            return int.MaxValue;
        return !windowed ? int.MaxValue : root.TryGetProperty("sliding_window", out _) ? Whole(root, "sliding_window") ?? int.MaxValue : 4096;
    }

    private bool? Own(string key) => own is { } section && Key(section, key) is { } value ? value.GetBoolean() : null;

    private static JsonElement? Key(JsonElement of, string name) =>
        of.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static int? Whole(JsonElement of, string name) => Key(of, name)?.GetInt32();

    private static double? Number(JsonElement of, string name) => Key(of, name)?.GetDouble();

    private static string? Text(JsonElement of, string name) => Key(of, name)?.GetString();

    private static bool Flag(JsonElement of, string name) => Key(of, name)?.GetBoolean() ?? false;

    private static void Require(bool holds, string what)
    {
        if (!holds)
            throw new NotSupportedException($"the reference does not compute {what}");
    }
}
