using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Refit;

namespace ForgePrune.Pipeline.Resources;

/// <summary>What a run needs of a device's memory: it is asked before any work.</summary>
internal static class DeviceNeed
{
    /// <returns>A clause for users; null where the memory is the processor's, or nothing is computed there.</returns>
    /// <exception cref="DeviceMemoryException">A layer does not fit.</exception>
    public static string? Of(ModelConfig config, PruningMethod method, IPruningDevice device) =>
        method is PlannedMethod planned ? device.Plan(Layers(config), planned.Removal.ReadsLevels || planned.Refits) : null;

    /// <summary>The output projections whose inputs are summed. Experts come one by one, all of one size, so a layer of them stands for each.</summary>
    internal static IReadOnlyList<PlannedLayer> Layers(ModelConfig config)
    {
        var layers = new List<PlannedLayer>();
        for (var layer = 0; layer < config.Layers.Count; layer++)
        {
            var shape = config.Layers[layer];
            if (shape.HasAttention)
                layers.Add(new(RefitStep.AttentionName(layer), config.HiddenSize, shape.QueryHeads * config.HeadDim, true));
            if (shape.HasMlp)
                layers.Add(new(RefitStep.MlpName(layer), config.HiddenSize, config.MlpOf(layer) is { IsRouted: true } kind ? kind.ExpertWidth : shape.Ffn, false));
        }

        return layers;
    }
}
