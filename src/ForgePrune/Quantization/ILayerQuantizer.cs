using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Quantization;

/// <summary>Quantizes the layers of a model, each once and in order, so that one layer is in memory at a time.</summary>
public interface ILayerQuantizer
{
    /// <summary>Quantizes one layer.</summary>
    /// <param name="layer">The index of the layer, from 0.</param>
    /// <param name="weights">Its weights.</param>
    QuantizedLayer Quantize(int layer, LayerWeights weights);

    /// <summary>The projections so far whose inputs needed more damping than usual; empty in all but degenerate cases.</summary>
    IReadOnlyList<RaisedDamping> RaisedDamping { get; }
}
