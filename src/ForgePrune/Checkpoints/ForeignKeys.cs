using System.Text.Json;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Refuses keys that change the forward pass in ways ForgePrune does not compute. Other families' keys count too: where one is set to
/// something that has an effect, the model is not what its <c>model_type</c> says.</summary>
internal static class ForeignKeys
{
    private const string CureOther = "use a checkpoint of one of the families, or remove the key if the model was trained without it";

    /// <summary>Settings of other families that do nothing at one of these values, or when null; none: only when null.</summary>
    private static readonly Dictionary<string, double[]> Numbers = new()
    {
        ["partial_rotary_factor"] = [1],
        ["rotary_pct"] = [1],
        ["rope_ratio"] = [1],
        ["rope_local_base_freq"] = [],
        ["attention_multiplier"] = [],
        ["embedding_multiplier"] = [1],
        ["residual_multiplier"] = [1],
        ["logits_scaling"] = [1],
        ["scale_emb"] = [1],
        ["scale_depth"] = [],
        ["logit_scale"] = [1],
        ["query_pre_attn_scalar"] = [],
        ["attn_logit_softcapping"] = [],
        ["final_logit_softcapping"] = [],
        ["clip_qkv"] = [],
        ["attention_chunk_size"] = [],
        ["no_rope_layer_interval"] = [0],
        ["num_experts"] = [0, 1],
        ["num_local_experts"] = [0, 1],
        ["n_routed_experts"] = [0, 1],
    };

    /// <summary>Switches of other families, with the value at which they do nothing.</summary>
    private static readonly Dictionary<string, bool> Switches = new()
    {
        ["rope_interleaved"] = false,
        ["rope_interleave"] = false,
        ["alibi"] = false,
        ["parallel_attn"] = false,
        ["use_parallel_residual"] = false,
        ["attn_temperature_tuning"] = false,
        ["use_bidirectional_attention"] = false,
        ["is_causal"] = true,
    };

    /// <summary>Switches for norms of queries and keys, which a family has or has not.</summary>
    private static readonly string[] QkNorms = ["use_qk_norm", "qk_layernorm", "qk_norm"];

    /// <summary>Configs of models of which a decoder is only a part.</summary>
    private static readonly string[] Wrapped = ["text_config", "vision_config", "audio_config"];

    /// <summary>The keys that libraries write beside quantized weights.</summary>
    private static readonly string[] Quantized = ["quantization_config", "quantization", "compression_config"];

    public static void Refuse(ConfigFields fields, ModelFamily family)
    {
        foreach (string key in new[] { "hidden_act", "hidden_activation" })
            if (fields.String(key) is { } activation && !Names(family, key).Contains(activation))
                throw fields.Bad($"{key} is {CheckpointErrors.Quote(activation)} where only '{family.ActivationNames[0]}' is supported",
                    $"use a model of gated blocks with {family.ActivationNames[0]}");
        RefuseQuantized(fields);
        foreach (string key in Wrapped)
            if (fields.Raw(key) is not null)
                throw fields.Bad($"{key} says that the decoder is part of a larger model, which is not supported", "use a checkpoint of the decoder alone");
        var own = Own(family).ToHashSet();
        foreach ((string key, double[] neutral) in Numbers.Where(number => !own.Contains(number.Key)))
            if (fields.Raw(key) is { } value && !(value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && neutral.Contains(number)))
                throw Effective(fields, key, value);
        foreach ((string key, bool neutral) in Switches.Concat(QkNorms.Where(_ => !family.QkNorm).Select(key => KeyValuePair.Create(key, false))))
            if (fields.Raw(key) is { } value && value.ValueKind != (neutral ? JsonValueKind.True : JsonValueKind.False))
                throw Effective(fields, key, value);
        if (!own.Contains("no_rope_layers") && fields.Raw("no_rope_layers") is { } rotated
            && !(rotated.ValueKind == JsonValueKind.Array && rotated.EnumerateArray().All(IsOne)))
            throw Effective(fields, "no_rope_layers", rotated);
        if (fields.Object("auto_map")?.Raw("AutoModelForCausalLM") is { } code && !TrainerClasses.IsOurs(code)
            && !(family.OwnCode is { } known && code.ValueKind == JsonValueKind.String && code.GetString() == known))
            throw fields.Bad($"auto_map sends AutoModelForCausalLM to {JsonFile.Kind(code)}, code of the checkpoint's own, which is not run",
                $"remove auto_map if the model computes what {family.Architecture} does");
    }

    /// <summary>Refuses what may stand around a decoder's keys and changes them too.</summary>
    public static void RefuseAround(ConfigFields fields)
    {
        RefuseQuantized(fields);
        if (fields.Object("auto_map")?.Given.FirstOrDefault(name => name.StartsWith("AutoModel", StringComparison.Ordinal)) is { } loader)
            throw fields.Bad($"auto_map sends {CheckpointErrors.Quote(loader)} to code of the checkpoint's own, which is not run",
                "remove auto_map if the model is what its model_type says");
    }

    private static void RefuseQuantized(ConfigFields fields)
    {
        foreach (string key in Quantized)
            if (fields.Object(key) is not null)
                throw fields.Bad($"the weights are quantized ({fields.Name(key)}) where f32, f16 and bf16 are supported", "use the unquantized checkpoint");
    }

    /// <summary>The older key of an activation may have its older names.</summary>
    private static IEnumerable<string> Names(ModelFamily family, string key) =>
        key == "hidden_activation" && family.Activation != GateActivation.Silu ? family.ActivationNames.Take(1) : family.ActivationNames;

    /// <summary>The settings of some families that are read for this one.</summary>
    private static IEnumerable<string> Own(ModelFamily family) =>
    [
        .. family.Multiplies ? Multipliers.Keys : [],
        .. family.UnrotatedEvery is null ? [] : NoRopeLayers.Keys,
        .. family.PartialRotary ? RopeKeys.Partial : [],
        .. family.Experts is null ? [] : ExpertKeys.Keys,
        .. family.DefaultLocalTheta is null ? [] : (string[])[RopeKeys.LocalTheta],
        .. ScoreKeys.Of(family),
    ];

    private static bool IsOne(JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number == 1;

    private static Errors.BadInputException Effective(ConfigFields fields, string key, JsonElement value) =>
        fields.Bad($"{key} is {JsonFile.Kind(value)}, which changes what the model computes and is not supported", CureOther);
}
