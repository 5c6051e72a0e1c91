using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>The biases of o_proj and down_proj that affine refits add. A format knows biases per model, not per layer: blocks without one carry
/// zeros.</summary>
internal static class OutputBiases
{
    /// <summary>The config of what is written.</summary>
    /// <param name="added">Whether a refit finds biases.</param>
    public static ModelConfig Of(ModelConfig config, bool added) =>
        added ? config with { OutputBias = true, DownBias = true } : config;

    /// <summary>The layer with a zero bias wherever the config calls for one that the block does not have.</summary>
    internal static LayerWeights Complete(ModelConfig config, LayerWeights layer) => layer with
    {
        Attention = layer.Attention is { OutputBias: null } attention && config.OutputBias
            ? attention with { OutputBias = new float[config.HiddenSize] }
            : layer.Attention,
        Mlp = layer.Mlp is { DownBias: null } mlp && config.DownBias
            ? mlp with { DownBias = new float[config.HiddenSize] }
            : layer.Mlp,
    };
}
