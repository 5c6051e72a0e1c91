using System.Text.Json.Nodes;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Writes a <see cref="ModelConfig"/> as config.json. Where all layers are equal and the family's keys can say which biases and heads there are,
/// stock loaders read the result as it is; else model_type is <see cref="ForgePruneKeys.ModelType"/>, Hugging Face's keys hold the largest
/// layer, and the shapes stand under <c>forgeprune</c>.</summary>
internal static class HuggingFaceKeys
{
    public static JsonObject Write(ModelConfig config, ModelFamily family)
    {
        bool stock = ModelFamilies.IsStock(config);
        LayerShape most = Largest(config);
        var keys = new JsonObject
        {
            ["model_type"] = stock ? family.Name : ForgePruneKeys.ModelType,
            ["hidden_size"] = config.HiddenSize,
            ["num_hidden_layers"] = config.Layers.Count,
            ["num_attention_heads"] = most.QueryHeads,
            ["num_key_value_heads"] = most.KvHeads,
            ["head_dim"] = config.HeadDim,
            ["intermediate_size"] = most.Ffn,
            ["vocab_size"] = config.VocabSize,
            ["max_position_embeddings"] = config.RopeScaling is LongRopeScaling extended ? extended.ExtendedMaxPositions : config.MaxPositions,
            ["rms_norm_eps"] = config.RmsNormEps,
            ["rope_theta"] = config.RopeTheta,
            ["rope_scaling"] = RopeKeys.Write(config.RopeScaling),
            ["hidden_act"] = family.ActivationNames[0],
            ["tie_word_embeddings"] = config.TiedEmbeddings,
            ["bos_token_id"] = config.BosTokenId,
            ["eos_token_id"] = config.EosTokenIds switch
            {
                [] => null,
                [var one] => JsonValue.Create(one),
                var many => new JsonArray([.. many.Select(id => JsonValue.Create(id))]),
            },
            ["torch_dtype"] = "float32",
        };
        if (config.PadTokenId is { } pad)
            keys["pad_token_id"] = pad;
        if (stock)
            keys["architectures"] = new JsonArray(family.Architecture);
        if (family.ReadsAttentionBias)
            keys["attention_bias"] = config.OutputBias;
        if (family.ReadsMlpBias)
            keys["mlp_bias"] = config.DownBias;
        if (family.PartialRotary)
            keys["partial_rotary_factor"] = (double)config.RotaryWidth / config.HeadDim;
        if (family.DefaultOriginalPositions is not null)
            keys["original_max_position_embeddings"] = config.RopeScaling is LongRopeScaling rope ? rope.OriginalMaxPositions : config.MaxPositions;
        if (family.Activation != GateActivation.Silu)
            keys["hidden_activation"] = family.ActivationNames[0];
        if (family.DefaultLocalTheta is not null && config.LocalRopeTheta is { } local)
            keys[RopeKeys.LocalTheta] = local;
        Multipliers.Write(keys, config, family);
        ExpertKeys.Write(keys, config, family);
        ScoreKeys.Write(keys, config, family);
        NoRopeLayers.Write(keys, config, family);
        SlidingWindow.Write(keys, config, family);
        if (stock)
            return keys;
        keys[ForgePruneKeys.Section] = ForgePruneKeys.Write(config);
        if (TrainerClasses.Hold(config, family))
            TrainerClasses.Name(keys);
        return keys;
    }

    /// <summary>The largest of each size over the layers. A key may not be 0, so a model without any attention or MLP says 1 there, which no
    /// layer uses; and the heads must divide as Hugging Face's do.</summary>
    private static LayerShape Largest(ModelConfig config)
    {
        int kvHeads = Math.Max(1, config.Layers.Max(layer => layer.KvHeads));
        int queryHeads = Math.Max(1, config.Layers.Max(layer => layer.QueryHeads));
        return new LayerShape(kvHeads, (queryHeads + kvHeads - 1) / kvHeads * kvHeads, Math.Max(1, config.Layers.Max(layer => layer.Ffn)));
    }
}
