using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Quantization;

/// <summary>Layers by rounding to nearest: no text is read.</summary>
public sealed class RoundedLayers(QuantizationFormat format, int threads) : ILayerQuantizer
{
    public QuantizedLayer Quantize(int layer, LayerWeights weights) => new(
        weights.Attention is { } attention ? new(Round(attention.Query), Round(attention.Key), Round(attention.Value), Round(attention.Output)) : null,
        weights.Mlp is { } mlp ? new(Round(mlp.Gate), Round(mlp.Up), Round(mlp.Down)) : null);

    /// <summary>None: nothing is damped.</summary>
    public IReadOnlyList<RaisedDamping> RaisedDamping => [];

    private QuantizedMatrix Round(Matrix weights) => RoundToNearest.Run(weights.Values, weights.Rows, weights.Cols, weights.Cols, format, threads);
}
