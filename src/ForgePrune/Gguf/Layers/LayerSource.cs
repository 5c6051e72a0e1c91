using ForgePrune.Memory;
using ForgePrune.Model;
using ForgePrune.Quantization;

namespace ForgePrune.Gguf.Layers;

/// <summary>The layers of a model with their codes, read front to back, one in memory.</summary>
/// <param name="codes">Finds the codes of the projections; null for none.</param>
/// <param name="progress">Told the number of layers read.</param>
/// <param name="factors">Folded into what is read; null leaves it as it is.</param>
internal sealed class LayerSource(IDecoderModel model, ILayerQuantizer? codes, IProgress<int>? progress, FoldedFactors? factors = null)
{
    private int loaded = -1;
    private LayerWeights? weights;
    private QuantizedLayer? quantized;

    public (LayerWeights Weights, QuantizedLayer? Codes) Read(int index)
    {
        // Codes depend on all layers before, those without blocks included.
        while (loaded < index)
        {
            (weights, quantized) = (null, null);
            LargeArrays.Settle();
            weights = model.ReadLayer(++loaded);
            quantized = codes?.Quantize(loaded, weights);
            if (factors is not null)
                (weights, quantized) = (factors.Of(weights), factors.Of(quantized));
            progress?.Report(loaded + 1);
        }

        return loaded == index ? (weights!, quantized) : throw new InvalidOperationException($"layer {index} is asked for behind layer {loaded}");
    }
}
