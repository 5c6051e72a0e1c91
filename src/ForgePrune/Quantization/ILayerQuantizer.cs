using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Quantization;

/// <summary>Quantises a model's layers, each once and in order, so that one layer is resident at a time.</summary>
public interface ILayerQuantizer
{
    QuantizedLayer Quantize(int layer, LayerWeights weights);

    /// <summary>Projections so far whose inputs needed more damping than usual; empty in all but degenerate cases.</summary>
    IReadOnlyList<RaisedDamping> RaisedDamping { get; }
}
