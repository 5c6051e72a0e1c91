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
        Require(Text(root, "hidden_act") is null or "silu" or "swish", "hidden_act");
        var heads = Whole(root, "num_attention_heads")!.Value;
        HeadDim = Whole(root, "head_dim") ?? (family == "qwen3" && !root.TryGetProperty("head_dim", out _) ? 128 : Hidden / heads);
        KvHeads = Whole(root, "num_key_value_heads") ?? (root.TryGetProperty("num_key_value_heads", out _) ? heads
            : family switch { "mistral" => 8, "qwen2" or "qwen3" => 32, _ => heads });
        QueryHeads = heads;
        Layers = Whole(root, "num_hidden_layers")!.Value;
    }

    private static (string Name, string Class)[] Families => [("llama", "Llama"), ("mistral", "Mistral"), ("qwen2", "Qwen2"), ("qwen3", "Qwen3")];

    public int Hidden => Whole(root, "hidden_size")!.Value;

    public int HeadDim { get; }

    public int KvHeads { get; }

    public int QueryHeads { get; }

    public int Layers { get; }

    public int Vocab => Whole(root, "vocab_size")!.Value;

    public int Ffn => Whole(root, "intermediate_size")!.Value;

    public bool Tied => Flag(root, "tie_word_embeddings");

    public bool QkvBias => Own("qkv_bias") ?? (family == "qwen2" || OutputBiasOfClass);

    public bool OutputBias => Own("output_bias") ?? OutputBiasOfClass;

    public bool GateUpBias => Own("gate_up_bias") ?? MlpBiasOfClass;

    public bool DownBias => Own("down_bias") ?? MlpBiasOfClass;

    public bool QkNorm => Own("qk_norm") ?? family == "qwen3";

    private bool OutputBiasOfClass => family is "llama" or "qwen3" && Flag(root, "attention_bias");

    private bool MlpBiasOfClass => family == "llama" && Flag(root, "mlp_bias");

    /// <summary>Heads and channels of a layer.</summary>
    public (int KvHeads, int QueryHeads, int Ffn) Layer(int index)
    {
        if (own is not { } section)
            return (KvHeads, QueryHeads, Ffn);
        var layer = section.GetProperty("layers")[index];
        return (Whole(layer, "kv_heads")!.Value, Whole(layer, "query_heads")!.Value, Whole(layer, "ffn")!.Value);
    }

    public ReferenceBlocks Blocks(int layer)
    {
        Require((Number(root, "partial_rotary_factor") ?? 1) == 1, "partial_rotary_factor");
        var (theta, rope) = Rope(layer);
        var frequencies = ReferenceBlocks.Frequencies(theta, HeadDim);
        var kind = rope is { } scaling ? Text(scaling, "rope_type") ?? Text(scaling, "type") ?? "default" : "default";
        Require(kind is "default" or "llama3", kind);
        if (kind == "llama3")
            frequencies = [.. frequencies.Select(value => ReferenceBlocks.Llama3(value, Number(rope!.Value, "factor")!.Value,
                Number(rope.Value, "low_freq_factor")!.Value,
                Number(rope.Value, "high_freq_factor")!.Value, Number(rope.Value, "original_max_position_embeddings")!.Value))];
        return new(HeadDim, Number(root, "rms_norm_eps") ?? 1e-6, frequencies, Window(layer));
    }

    /// <summary>The rope object of a layer, and theta from where it stands.</summary>
    private (double Theta, JsonElement? Rope) Rope(int layer)
    {
        JsonElement? parameters = NotEmpty("rope_parameters"), rope = parameters ?? NotEmpty("rope_scaling");
        if (rope is { } nested && nested.EnumerateObject().Any(property => property.Value.ValueKind == JsonValueKind.Object))
            rope = nested.GetProperty(TypeOf(layer) ?? "full_attention");
        if (rope is { } given)
            Require((Number(given, "partial_rotary_factor") ?? 1) == 1, "partial_rotary_factor");
        var inside = parameters is null || rope is null ? null : Number(rope.Value, "rope_theta");
        return (inside ?? Number(root, "rope_theta") ?? 10000, rope);
    }

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
            _ => false,
        };
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
