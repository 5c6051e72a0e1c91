using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>The pruned model as a smaller dense model. Layers are computed when they are read, so the dense model must stay open.</summary>
public static class CompactModel
{
    /// <summary>Builds the model of a plan.</summary>
    /// <param name="dense">The dense model.</param>
    /// <param name="plan">The shape of every layer.</param>
    /// <param name="source">The weights of pruned blocks.</param>
    /// <exception cref="ArgumentException">The plan has another number of layers than the dense model.</exception>
    public static IDecoderModel Build(IDecoderModel dense, Plan plan, ILevelSource source)
    {
        if (plan.Layers.Count != dense.Config.Layers.Count)
            throw new ArgumentException($"a plan of {plan.Layers.Count} layers for a model of {dense.Config.Layers.Count}", nameof(plan));
        var config = OutputBiases.Of(dense.Config with { Layers = plan.Layers }, source.AddsOutputBias);
        return new InMemoryModel(
            config, Layer, dense.ReadEmbedding, dense.ReadFinalNorm(), config.TiedEmbeddings ? null : dense.ReadHead)
        {
            Vocabulary = dense,
        };

        LayerWeights Layer(int index) => OutputBiases.Complete(config, dense.ReadLayer(index) with
        {
            Attention = source.Attention(index, plan.Layers[index]),
            Mlp = source.Mlp(index, plan.Layers[index]),
        });
    }
}
