using ForgePrune.Model;

namespace ForgePrune.Quantization;

/// <summary>Quantises a model's layers, each once and in order, so that one layer is resident at a time.</summary>
public interface ILayerQuantizer
{
    QuantizedLayer Quantize(int layer, LayerWeights weights);
}
