using ForgePrune.Memory;
using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>Weights that no training changes. Embedding and head are in memory, and so are the first layers, up to <see cref="Kept"/> bytes; each later
/// one is read from the model whenever a pass comes to it: next to multiplying with it, reading a layer takes no time.</summary>
internal sealed class FrozenWeights : IPassWeights
{
    /// <summary>The bytes of layers that stay in memory.</summary>
    public const long Kept = 512L << 20;

    private readonly IDecoderModel model;
    private readonly float[] embedding, head, finalNorm;
    private readonly LayerWeights?[] layers;
    private readonly int kept;
    private int current = -1;

    /// <param name="model">Read while this is used.</param>
    /// <param name="memory">The bytes of layers that stay in memory; the results do not depend on it.</param>
    public FrozenWeights(IDecoderModel model, long memory = Kept)
    {
        this.model = model;
        (embedding, head, finalNorm) = (model.ReadEmbedding().Values, model.ReadHead().Values, model.ReadFinalNorm());
        layers = new LayerWeights?[Config.Layers.Count];
        for (; kept < layers.Length; kept++)
        {
            memory -= sizeof(float) * TensorLayout.Layer(Config, kept).Sum(tensor => tensor.Elements);
            if (memory < 0)
                break;
        }
    }

    public ModelConfig Config => model.Config;

    public ReadOnlySpan<float> Of(TensorRole role, int layer, ParameterPart part) => part != ParameterPart.Whole ? [] : role switch
    {
        TensorRole.Embedding => embedding,
        TensorRole.Head => head,
        TensorRole.FinalNorm => finalNorm,
        _ => LayerTensors.Values(Layer(layer), new(role, layer, 0, 0)),
    };

    public LayerWeights Layer(int index)
    {
        if (layers[index] is { } there)
            return there;
        if (current >= kept)
        {
            layers[current] = null;
            LargeArrays.Settle();
        }

        current = index;
        return layers[index] = model.ReadLayer(index);
    }
}
