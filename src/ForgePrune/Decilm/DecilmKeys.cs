using System.Text.Json.Nodes;
using ForgePrune.Checkpoints;
using ForgePrune.Model;

namespace ForgePrune.Decilm;

/// <summary>The config.json of a DeciLM model.</summary>
internal static class DecilmKeys
{
    /// <param name="config">With padded FFN widths.</param>
    public static JsonObject Write(ModelConfig config)
    {
        var keys = HuggingFaceKeys.Write(config, ModelFamilies.Find("llama")!);
        keys.Remove(ForgePruneKeys.Section);
        // The name of the type is with a hyphen, that of the class in vLLM with an underscore.
        keys["model_type"] = "nemotron-nas";
        keys["architectures"] = new JsonArray("DeciLMForCausalLM");
        keys["auto_map"] = new JsonObject { ["AutoConfig"] = "configuration_decilm.DeciLMConfig" };
        keys["num_attention_heads"] = config.HiddenSize / config.HeadDim;
        keys["block_configs"] = new JsonArray([.. config.Layers.Select(layer => Block(layer, config.HiddenSize))]);
        return keys;
    }

    private static JsonObject Block(LayerShape layer, int hidden) => new()
    {
        ["attention"] = new JsonObject
        {
            ["no_op"] = !layer.HasAttention,
            ["replace_with_linear"] = false,
            ["n_heads_in_group"] = layer.HasAttention ? layer.QueriesPerGroup : null,
        },
        ["ffn"] = new JsonObject
        {
            ["no_op"] = !layer.HasMlp,
            ["replace_with_linear"] = false,
            ["ffn_mult"] = layer.HasMlp ? DecilmShape.Multiplier(layer.Ffn, hidden) : null,
        },
    };
}
