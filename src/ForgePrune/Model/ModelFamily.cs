namespace ForgePrune.Model;

/// <summary>The differences between model families as data: names, biases, norms, and the values of keys that a config.json
/// leaves out.</summary>
internal sealed record ModelFamily
{
    /// <summary><c>model_type</c> of config.json, and <see cref="ModelConfig.Family"/>.</summary>
    public required string Name { get; init; }

    /// <summary>The class in <c>architectures</c> that has a language-model head.</summary>
    public required string Architecture { get; init; }

    /// <summary>The class without a head of its own, which saves tensors without <c>model.</c> before their names.</summary>
    public string BaseArchitecture
    {
        get => field ?? Architecture.Replace("ForCausalLM", "Model", StringComparison.Ordinal);
        init;
    }

    /// <summary>What of it a Llama has not, for people: half a sentence; empty for nothing.</summary>
    public string Special { get; init; } = "";

    /// <summary>The names of the family's tensors in safetensors files.</summary>
    internal TensorNames Names { get; init; } = TensorNames.Common;

    /// <summary>q, k and v carry biases whatever the config says, and o none (Qwen2).</summary>
    public bool QkvBiasAlways { get; init; }

    /// <summary>Key <c>attention_bias</c> is read: q, k, v and o all carry biases, or none does.</summary>
    public bool ReadsAttentionBias { get; init; }

    /// <summary>Key <c>mlp_bias</c> is read: gate, up and down all carry biases, or none does.</summary>
    public bool ReadsMlpBias { get; init; }

    /// <summary>Whether an RMSNorm is applied to each query head and each key head.</summary>
    public bool QkNorm { get; init; }

    /// <summary>Whether those norms are over all heads of a token together (OLMo 2 and 3).</summary>
    public bool QkNormAcrossHeads { get; init; }

    /// <summary>Where the norms of blocks stand.</summary>
    public BlockNorms Norms { get; init; }

    /// <summary>Whether norms are stored as w and multiply by 1 + w (Gemma).</summary>
    public bool NormsAddOne { get; init; }

    /// <summary>What the gate of MLP blocks passes through.</summary>
    public GateActivation Activation { get; init; }

    /// <summary>What configs call it; the first is written. swish is an older name of silu.</summary>
    public IReadOnlyList<string> ActivationNames { get; init; } = ["silu", "swish"];

    /// <summary>Whether the embedding enters the residual stream times √hidden_size (Gemma).</summary>
    public bool EmbeddingByRoot { get; init; }

    /// <summary>query_pre_attn_scalar where the key is missing: scores are divided by its root; null where there is no such key.</summary>
    public double? DefaultQueryScalar { get; init; }

    /// <summary>Whether bounds of scores and logits are keys.</summary>
    public bool ReadsCaps { get; init; }

    /// <summary>attn_logit_softcapping where the key is missing; null for none.</summary>
    public double? DefaultScoreCap { get; init; }

    /// <summary>final_logit_softcapping where the key is missing; null for none.</summary>
    public double? DefaultLogitCap { get; init; }

    /// <summary>rope_local_base_freq where the key is missing: the base of sliding layers; null where all layers turn alike.</summary>
    public double? DefaultLocalTheta { get; init; }

    /// <summary>Whether sliding layers turn by the model's base without its scaling (OLMo 3).</summary>
    public bool SlidingUnscaled { get; init; }

    /// <summary>Whether sliding layers turn otherwise than the others.</summary>
    public bool TurnsLocally => DefaultLocalTheta is not null || SlidingUnscaled;

    /// <summary>Every how many layers one sees the whole past where the others slide and the config lists no types.</summary>
    public int FullEvery { get; init; } = 1;

    /// <summary>Whether a key says so too.</summary>
    public bool ReadsPattern { get; init; }

    /// <summary>How the config describes experts; null where the family has none.</summary>
    public ExpertRule? Experts { get; init; }

    /// <summary>Every how many layers one has no rotary embedding where the config lists none; null: all have it, and there is no such key (SmolLM3).</summary>
    public int? UnrotatedEvery { get; init; }

    /// <summary>Whether factors of embedding, scores, blocks and logits are keys (Granite).</summary>
    public bool Multiplies { get; init; }

    /// <summary>Whether <c>partial_rotary_factor</c> says which part of a head turns (Phi-3).</summary>
    public bool PartialRotary { get; init; }

    /// <summary>original_max_position_embeddings where the key is missing; null where the class has no such key (Phi-3).</summary>
    public int? DefaultOriginalPositions { get; init; }

    /// <summary>The types of rope scaling that this family's class takes for longrope: its older names (Phi-3).</summary>
    public IReadOnlyList<string> LongRopeNames { get; init; } = ["longrope"];

    /// <summary>The class that published checkpoints name in <c>auto_map</c> although transformers has had it since: what it computes is known (Phi-3). Null
    /// refuses all code of a checkpoint's own.</summary>
    public string? OwnCode { get; init; }

    /// <summary>The architecture of llama.cpp that is made for the family; null for Llama's.</summary>
    public string? Gguf { get; init; }

    /// <summary>tie_word_embeddings where the key is missing.</summary>
    public bool DefaultTied { get; init; }

    /// <summary>When the config limits how far back a token attends.</summary>
    public SlidingWindowRule SlidingWindow { get; init; } = SlidingWindowRule.None;

    /// <summary>The sizes of its class in transformers, for keys that the section of a larger model leaves out; null where none is read inside one.</summary>
    public ClassSizes? ClassSizes { get; init; }

    /// <summary>head_dim where the key is missing; null: hidden_size / num_attention_heads.</summary>
    public int? DefaultHeadDim { get; init; }

    /// <summary>transformers refuses a config whose heads do not divide hidden_size, even where head_dim says how wide they are (Llama: releases before
    /// 4.45, and again from 5 on).</summary>
    public bool HeadsDivideHidden { get; init; }

    /// <summary>transformers holds the lists of longrope against hidden_size / num_attention_heads, whatever head_dim says (Phi-3).</summary>
    public bool HeadsFillHidden { get; init; }

    /// <summary>num_key_value_heads where the key is missing; null: num_attention_heads.</summary>
    public int? DefaultKvHeads { get; init; }

    /// <summary>max_position_embeddings where the key is missing.</summary>
    public required int DefaultMaxPositions { get; init; }

    /// <summary>rms_norm_eps where the key is missing.</summary>
    public double DefaultRmsNormEps { get; init; } = 1e-6;

    /// <summary>rope_theta where the key is missing.</summary>
    public double DefaultRopeTheta { get; init; } = 10000;

    /// <summary>bos_token_id where the key is missing; null for none.</summary>
    public int? DefaultBos { get; init; }

    /// <summary>eos_token_id where the key is missing; null for none.</summary>
    public int? DefaultEos { get; init; }

    /// <summary>Whether this family's config.json can say which biases <paramref name="config"/> has, and which layers see how far.</summary>
    public bool Expresses(ModelConfig config)
    {
        bool attention = config.OutputBias, mlp = config.DownBias;
        return config.QkvBias == (QkvBiasAlways || attention) && config.GateUpBias == mlp && config.QkNorm == QkNorm
            && (ReadsAttentionBias || !attention) && (ReadsMlpBias || !mlp) && ExpressesWindows(config)
            && (config.Norms, config.Activation, config.QkNormAcrossHeads) == (Norms, Activation, QkNormAcrossHeads)
            && (!EmbeddingByRoot || config.EmbeddingScale == Math.Sqrt(config.HiddenSize)) && (ReadsCaps || config is { ScoreCap: null, LogitCap: null })
            && (config.LocalRopeTheta is not null) == TurnsLocally && (!SlidingUnscaled || config.LocalRopeTheta == config.RopeTheta)
            && (Experts?.Expresses(config) ?? !config.HasExperts);
    }

    private bool ExpressesWindows(ModelConfig config)
    {
        int[] windows = [.. config.Layers.Select((_, layer) => config.KindOf(layer).Window)];
        return SlidingWindow switch
        {
            SlidingWindowRule.None or SlidingWindowRule.Refused => windows.All(window => window == 0),
            SlidingWindowRule.Always or SlidingWindowRule.Given => windows.Distinct().Count() <= 1,
            _ => windows.Where(window => window > 0).Distinct().Count() <= 1,
        };
    }
}

/// <summary>Sizes that a class has where a config names none.</summary>
internal sealed record ClassSizes(int Vocab, int Hidden, int Ffn, int Layers, int Heads)
{
    /// <summary>By their keys.</summary>
    public IReadOnlyList<(string Key, int Size)> Keys =>
    [
        ("vocab_size", Vocab), ("hidden_size", Hidden), ("intermediate_size", Ffn), ("num_hidden_layers", Layers), ("num_attention_heads", Heads),
    ];
}

/// <summary>When a family's config limits how far back a token sees.</summary>
internal enum SlidingWindowRule
{
    /// <summary>Never: the key is not read.</summary>
    None,

    /// <summary>Never, and a config that asks for it with <c>use_sliding_window</c> is refused (Qwen3-MoE).</summary>
    Refused,

    /// <summary>Where <c>sliding_window</c> is not null; 4096 where it is missing (Mistral).</summary>
    Always,

    /// <summary>Where <c>sliding_window</c> is there and not null (Phi-3).</summary>
    Given,

    /// <summary>Where <c>use_sliding_window</c> is true, in layers from <c>max_window_layers</c> on (Qwen2, Qwen3).</summary>
    Opted,

    /// <summary>Where <c>use_sliding_window</c> is true, in layers without rotary embedding (SmolLM3).</summary>
    Unrotated,

    /// <summary>In all layers but every n-th, or where <c>layer_types</c> says so (Gemma 2 and 3, OLMo 3).</summary>
    Alternating,
}
