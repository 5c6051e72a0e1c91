using ForgePrune.Model;

namespace ForgePrune.Compaction;

internal static class OutputBiases
{
    /// <summary>The layer with a zero bias wherever the config calls for one that the block does not have.</summary>
    public static LayerWeights Complete(ModelConfig config, LayerWeights layer) => layer with
    {
        Attention = layer.Attention is { OutputBias: null } attention && config.OutputBias
            ? attention with { OutputBias = new float[config.HiddenSize] }
            : layer.Attention,
        Mlp = layer.Mlp is { DownBias: null } mlp && config.DownBias
            ? mlp with { DownBias = new float[config.HiddenSize] }
            : layer.Mlp,
    };
}
