using ForgePrune.Gguf.Container;
using ForgePrune.Model;

namespace ForgePrune.Gguf.Layers;

/// <summary>A layer of the file: an attention block and the MLP block that follows it, of the same or of different layers of the model.</summary>
/// <param name="Attention">The layer of the model whose attention block it has; null for none, or for zeros.</param>
/// <param name="Mlp">The layer of the model whose MLP block it has; null for zeros.</param>
/// <param name="Shape">What the file says of it; the channels are those of one expert where it has experts.</param>
/// <param name="Experts">The experts of the MLP block; 0 for none.</param>
internal readonly record struct PackedLayer(int? Attention, int? Mlp, LayerShape Shape, int Experts)
{
    /// <summary>The blocks that are left, in order: an attention block and the MLP behind it make a layer, and layers without either vanish. llama.cpp
    /// discards an attention block without an MLP, and takes the width of heads from the first layer; so an MLP of zeros follows a lone attention block,
    /// and a head of zeros stands before a lone MLP where the architecture wants one or the layer is the first. Zeros add nothing to the residual
    /// stream: the result is exact.</summary>
    public static IReadOnlyList<PackedLayer> Of(ModelConfig config, GgufArchitecture architecture)
    {
        var packed = new List<PackedLayer>();
        int? attention = null;
        for (var layer = 0; layer < config.Layers.Count; layer++)
        {
            if (config.Layers[layer].HasAttention)
            {
                if (attention is not null)
                    Add(null);
                attention = layer;
            }

            if (config.Layers[layer].HasMlp)
                Add(layer);
        }

        // A model without any block still needs a layer.
        if (attention is not null || packed.Count == 0)
            Add(null);
        return packed;

        void Add(int? mlp)
        {
            var heads = attention is { } from ? config.Layers[from] : architecture.AlwaysAttends || packed.Count == 0 ? new LayerShape(1, 1, 0) : default;
            var (ffn, kind) = mlp is { } layer ? (config.Layers[layer].Ffn, config.MlpOf(layer)) : (1, default);
            packed.Add(new(attention, mlp, heads with { Ffn = Whole(kind.IsRouted ? kind.ExpertWidth : ffn) }, kind.Experts(ffn)));
            attention = null;
        }
    }

    /// <summary>The width filled up with channels of zeros, so that rows of down_proj are whole blocks, whatever type the file has or gets.</summary>
    private static int Whole(int ffn) => (ffn + GgmlTypes.Block - 1) / GgmlTypes.Block * GgmlTypes.Block;
}
