using System.Globalization;

namespace ForgePrune.Model;

/// <summary>The names of a family's tensors; <c>{0}</c> stands for the layer index, <c>{1}</c> for that of an expert. Roles with one name are stored as one
/// tensor, their rows one after the other in the order of <see cref="TensorLayout"/>.</summary>
internal sealed class TensorNames(IReadOnlyDictionary<TensorRole, string> patterns, IReadOnlyList<string> harmlessEndings)
{
    private const string Prefix = "model.", Inner = "language_model.", StackedGateUp = "model.layers.{0}.mlp.experts.gate_up_proj";

    private readonly IReadOnlyDictionary<TensorRole, string> patterns = patterns;
    private readonly IReadOnlyList<string> harmlessEndings = harmlessEndings;

    /// <summary>The names that all supported families share.</summary>
    public static TensorNames Common { get; } = new(
        new Dictionary<TensorRole, string>
        {
            [TensorRole.Embedding] = "model.embed_tokens.weight",
            [TensorRole.AttentionNorm] = "model.layers.{0}.input_layernorm.weight",
            [TensorRole.Query] = "model.layers.{0}.self_attn.q_proj.weight",
            [TensorRole.QueryBias] = "model.layers.{0}.self_attn.q_proj.bias",
            [TensorRole.QueryNorm] = "model.layers.{0}.self_attn.q_norm.weight",
            [TensorRole.Key] = "model.layers.{0}.self_attn.k_proj.weight",
            [TensorRole.KeyBias] = "model.layers.{0}.self_attn.k_proj.bias",
            [TensorRole.KeyNorm] = "model.layers.{0}.self_attn.k_norm.weight",
            [TensorRole.Value] = "model.layers.{0}.self_attn.v_proj.weight",
            [TensorRole.ValueBias] = "model.layers.{0}.self_attn.v_proj.bias",
            [TensorRole.Output] = "model.layers.{0}.self_attn.o_proj.weight",
            [TensorRole.OutputBias] = "model.layers.{0}.self_attn.o_proj.bias",
            [TensorRole.MlpNorm] = "model.layers.{0}.post_attention_layernorm.weight",
            [TensorRole.Gate] = "model.layers.{0}.mlp.gate_proj.weight",
            [TensorRole.GateBias] = "model.layers.{0}.mlp.gate_proj.bias",
            [TensorRole.Up] = "model.layers.{0}.mlp.up_proj.weight",
            [TensorRole.UpBias] = "model.layers.{0}.mlp.up_proj.bias",
            [TensorRole.Down] = "model.layers.{0}.mlp.down_proj.weight",
            [TensorRole.DownBias] = "model.layers.{0}.mlp.down_proj.bias",
            [TensorRole.Router] = "model.layers.{0}.mlp.gate.weight",
            [TensorRole.ExpertGate] = "model.layers.{0}.mlp.experts.{1}.gate_proj.weight",
            [TensorRole.ExpertUp] = "model.layers.{0}.mlp.experts.{1}.up_proj.weight",
            [TensorRole.ExpertDown] = "model.layers.{0}.mlp.experts.{1}.down_proj.weight",
            [TensorRole.FinalNorm] = "model.norm.weight",
            [TensorRole.Head] = "lm_head.weight",
        },
        // Old exports store the rotary frequencies, which follow from the config.
        [".rotary_emb.inv_freq"]);

    /// <summary>The same with query, key and value in one tensor, and gate and up in another (Phi-3).</summary>
    public static TensorNames Fused { get; } = Common.With(
        "model.layers.{0}.self_attn.qkv_proj", [(TensorRole.Query, TensorRole.QueryBias), (TensorRole.Key, TensorRole.KeyBias),
            (TensorRole.Value, TensorRole.ValueBias)]).With(
        "model.layers.{0}.mlp.gate_up_proj", [(TensorRole.Gate, TensorRole.GateBias), (TensorRole.Up, TensorRole.UpBias)]);

    /// <summary>The same with Mixtral's names of experts.</summary>
    public static TensorNames Mixtral { get; } = new(
        new Dictionary<TensorRole, string>(Common.patterns)
        {
            [TensorRole.Router] = "model.layers.{0}.block_sparse_moe.gate.weight",
            [TensorRole.ExpertGate] = "model.layers.{0}.block_sparse_moe.experts.{1}.w1.weight",
            [TensorRole.ExpertUp] = "model.layers.{0}.block_sparse_moe.experts.{1}.w3.weight",
            [TensorRole.ExpertDown] = "model.layers.{0}.block_sparse_moe.experts.{1}.w2.weight",
        },
        Common.harmlessEndings);

    /// <summary>The same with norms on what blocks add (Gemma 2 and 3, OLMo 2).</summary>
    public static TensorNames PostNormed { get; } = Common.With(new()
    {
        [TensorRole.AttentionPostNorm] = "model.layers.{0}.post_attention_layernorm.weight",
        [TensorRole.MlpNorm] = "model.layers.{0}.pre_feedforward_layernorm.weight",
        [TensorRole.MlpPostNorm] = "model.layers.{0}.post_feedforward_layernorm.weight",
    });

    /// <summary>The same with the experts of a layer in tensors of three dimensions, experts first, as transformers 5 holds them in memory, and saves them
    /// where it is told not to take them apart: gate and up of an expert lie one after the other. Mixtral has no names of its own there.</summary>
    public TensorNames Stacked => With(new()
    {
        [TensorRole.Router] = Common.patterns[TensorRole.Router],
        [TensorRole.ExpertGate] = StackedGateUp,
        [TensorRole.ExpertUp] = StackedGateUp,
        [TensorRole.ExpertDown] = "model.layers.{0}.mlp.experts.down_proj",
    });

    /// <summary>Whether tensors of such a name are of the stacked form.</summary>
    public static bool IsStacked(string name) => name.EndsWith(".mlp.experts.gate_up_proj", StringComparison.Ordinal);

    /// <summary>Whether one tensor holds a role of all experts of a layer.</summary>
    public bool Stacks(TensorRole role) => role is TensorRole.ExpertGate or TensorRole.ExpertUp or TensorRole.ExpertDown
        && !patterns[role].Contains("{1}", StringComparison.Ordinal);

    /// <summary>The same names without <c>model.</c> before them, as a decoder saved without its head has them.</summary>
    public TensorNames Bare => Renamed(name => name.StartsWith(Prefix, StringComparison.Ordinal) ? name[Prefix.Length..] : name);

    /// <summary>The names of a decoder inside a model of text and images: as releases of transformers before 4.52 saved it and 4 still does, as 5 does, and
    /// as the class without a head.</summary>
    public IReadOnlyList<TensorNames> Wrapped =>
    [
        Renamed(name => Inner + name), Renamed(name => name.StartsWith(Prefix, StringComparison.Ordinal) ? Prefix + Inner + name[Prefix.Length..] : name),
        Renamed(name => name.StartsWith(Prefix, StringComparison.Ordinal) ? Inner + name[Prefix.Length..] : name),
    ];

    private TensorNames Renamed(Func<string, string> rename) =>
        new(patterns.ToDictionary(pattern => pattern.Key, pattern => rename(pattern.Value)), harmlessEndings);

    private TensorNames With(string fused, (TensorRole Weight, TensorRole Bias)[] parts)
    {
        var names = new Dictionary<TensorRole, string>(patterns);
        foreach ((TensorRole weight, TensorRole bias) in parts)
            (names[weight], names[bias]) = (fused + ".weight", fused + ".bias");
        return new(names, harmlessEndings);
    }

    private TensorNames With(Dictionary<TensorRole, string> others)
    {
        var names = new Dictionary<TensorRole, string>(patterns);
        foreach ((TensorRole role, string name) in others)
            names[role] = name;
        return new(names, harmlessEndings);
    }

    public string this[TensorSpec spec] => Of(spec.Role, spec.Layer, spec.Expert);

    public string Of(TensorRole role, int layer = -1, int expert = 0) => string.Format(CultureInfo.InvariantCulture, patterns[role], layer, expert);

    /// <summary>Whether a tensor that no layout calls for may be there all the same.</summary>
    public bool IsHarmless(string name) => harmlessEndings.Any(ending => name.EndsWith(ending, StringComparison.Ordinal));
}
