namespace ForgePrune.Model;

/// <summary>Models whose layers depend on all layers before them.</summary>
internal static class LayerwiseModel
{
    /// <summary>A model whose layers are computed from those of another, in order; all of them stay in memory. Embedding, final norm and head are the
    /// other's.</summary>
    /// <param name="make">Makes a layer of the same shape from its index and weights.</param>
    public static IDecoderModel Of(IDecoderModel model, Func<int, LayerWeights, LayerWeights> make)
    {
        LayerWeights[] layers = [.. model.Config.Layers.Select((_, index) => make(index, model.ReadLayer(index)))];
        return new InMemoryModel(
            model.Config, index => layers[index], model.ReadEmbedding, model.ReadFinalNorm(), model.Config.TiedEmbeddings ? null : model.ReadHead)
        {
            Vocabulary = model,
        };
    }
}
