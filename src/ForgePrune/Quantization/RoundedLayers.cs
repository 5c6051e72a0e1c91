using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Quantization;

/// <summary>Quantizes layers by rounding to nearest, without a calibration text.</summary>
/// <param name="format">The number format of the codes.</param>
/// <param name="threads">The largest number of threads; the result is the same for every number.</param>
public sealed class RoundedLayers(QuantizationFormat format, int threads) : ILayerQuantizer
{
    /// <inheritdoc/>
    public QuantizedLayer Quantize(int layer, LayerWeights weights) => new(
        weights.Attention is { } attention ? new(Round(attention.Query), Round(attention.Key), Round(attention.Value), Round(attention.Output)) : null,
        weights.Mlp is { } mlp ? new(Round(mlp.Gate), Round(mlp.Up), Round(mlp.Down)) : null);

    /// <summary>Always empty: nothing is damped.</summary>
    public IReadOnlyList<RaisedDamping> RaisedDamping => [];

    private QuantizedMatrix Round(Matrix weights) => RoundToNearest.Run(weights.Values, weights.Rows, weights.Cols, weights.Cols, format, threads);
}
