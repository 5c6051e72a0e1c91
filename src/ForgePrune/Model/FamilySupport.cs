namespace ForgePrune.Model;

/// <summary>What ForgePrune does with a family of models, and why not the rest; for people, as documentation and <c>inspect</c> show it.</summary>
/// <param name="ModelType"><c>model_type</c> of config.json.</param>
/// <param name="Special">What a Llama has not; half a sentence.</param>
internal sealed record FamilySupport(string ModelType, string Special)
{
    private const string Yes = "yes";

    /// <summary>Why the family is not read; null where it is.</summary>
    public string? Refused { get; init; }

    /// <summary>Whether heads, FFN channels and whole blocks could be removed, or why not; "yes" where they can.</summary>
    public string Heads { get; init; } = Yes;

    public string Ffn { get; init; } = Yes;

    public string Blocks { get; init; } = Yes;

    /// <summary>The architecture in GGUF of equal layers, and what becomes of unequal ones.</summary>
    public string Gguf { get; init; } = "no";

    /// <summary>Whether the pruned model can be trained; null: where it is read.</summary>
    public string? Trained { get; init; }

    /// <summary>Whether it is a model around a decoder, which alone is read.</summary>
    public bool IsWrapper { get; init; }

    /// <summary>Whether it is read, and with that exported to ONNX and GenAI.</summary>
    public string Read => Refused is not null ? "no" : IsWrapper ? "its decoder" : Yes;

    /// <summary>All that are read, those whose decoder is, then those that are known and are not.</summary>
    public static IReadOnlyList<FamilySupport> All { get; } = [.. ModelFamilies.All.Select(Of), .. WrapperForm.All.Select(Around), .. Others];

    public static FamilySupport? Find(string modelType) => All.FirstOrDefault(family => family.ModelType == modelType);

    /// <summary>The cells of the table of families, in the order of <see cref="Columns"/>.</summary>
    public IReadOnlyList<string> Cells => [$"`{ModelType}`", Special.Length == 0 ? "–" : Special, Read, Heads, Ffn, Blocks, Trained ?? Read, Read, Read, Gguf];

    public static IReadOnlyList<string> Columns { get; } =
        ["family", "what a Llama has not", "read", "heads", "FFN", "blocks", "train", "ONNX", "GenAI", "GGUF: equal layers; unequal"];

    private static FamilySupport Of(ModelFamily family) => new(family.Name, family.Special)
    {
        Heads = family.QkNormAcrossHeads ? "no: the q/k norm spans all heads" : family.Experts is null ? Yes : "alike in all layers",
        Ffn = family.Experts is null ? Yes : "whole experts, and channels of each, alike in all layers",
        Blocks = family.Experts is null ? Yes : "no",
        Trained = family.Experts is null ? null : "no",
        Gguf = family switch
        {
            { Experts: not null } => $"`{family.Gguf ?? "llama"}`; no",
            { UnrotatedEvery: not null } => $"`{family.Gguf}`; no",
            { Activation: not GateActivation.Silu } or { Norms: not BlockNorms.Before } => $"`{family.Gguf}`; no",
            { QkNorm: true } => $"`{family.Gguf}`; `openelm` if tied",
            { PartialRotary: true } => $"`{family.Gguf}`; `deci` if whole heads turn",
            _ => $"`{family.Gguf ?? "llama"}`; `deci`",
        },
    };

    private static FamilySupport Around(WrapperForm form)
    {
        const string same = "as the decoder";
        return new(form.Name, $"text and images around a decoder, usually {form.Decoder}")
        {
            IsWrapper = true,
            Heads = same,
            Ffn = same,
            Blocks = same,
            Gguf = same,
        };
    }

    private const string Routed = "experts of this kind are not read", Recurrent = "layers of a recurrent kind are not read";

    private static FamilySupport[] Others =>
    [
        Not("phi", "LayerNorm, attention and MLP side by side, GELU without a gate", "its blocks are not gated and have LayerNorm"),
        Not("qwen2_moe", "routed experts", Routed),
        Not("gpt_oss", "routed experts in MXFP4, attention sinks, windows", Routed),
        Not("deepseek_v3", "routed experts, latent attention", Routed),
        Not("granitemoe", "routed experts", Routed),
        Not("qwen3_next", "gated attention every fourth layer, GatedDeltaNet between", Recurrent),
        Not("granitemoehybrid", "Mamba layers, routed experts", Recurrent),
        Not("mamba", "no attention", Recurrent),
        Not("gpt2", "LayerNorm, learned positions, GELU without a gate", "its blocks are not gated and have LayerNorm"),
        Not("bert", "an encoder", "only decoders are read"),
        Not("modernbert", "an encoder", "only decoders are read"),
    ];

    private static FamilySupport Not(string modelType, string special, string why) =>
        new(modelType, special) { Refused = why, Heads = "no", Ffn = "no", Blocks = "no" };
}
