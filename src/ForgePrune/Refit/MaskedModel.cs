using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>A compacted model at full size: removed columns of o_proj and down_proj are zero, removed experts have a router logit of −∞, so that no token
/// passes them, and everything before them is dense.
/// Its logits must equal those of the compacted model, which proves that compaction gathered the right rows.</summary>
public static class MaskedModel
{
    /// <summary>Builds the masked model.</summary>
    /// <param name="dense">The dense model.</param>
    /// <param name="compact">A compacted form of <paramref name="dense"/>.</param>
    /// <param name="sets">The heads and channels that it keeps.</param>
    public static IDecoderModel Build(IDecoderModel dense, IDecoderModel compact, IKeptSets sets)
    {
        var config = compact.Config with { Layers = dense.Config.Layers };
        return new InMemoryModel(
            config, Layer, dense.ReadEmbedding, compact.ReadFinalNorm(), config.TiedEmbeddings ? null : dense.ReadHead);

        LayerWeights Layer(int index)
        {
            var (full, small, shape) = (dense.ReadLayer(index), compact.ReadLayer(index), compact.Config.Layers[index]);
            return OutputBiases.Complete(config, full with
            {
                Attention = full.Attention is null ? null : Mask(full.Attention, small.Attention, shape.HasAttention
                    ? sets.Heads(index, new AttentionLevel(shape.KvHeads, shape.QueryHeads))
                    : []),
                Mlp = full.Mlp is null ? null : Mask(full.Mlp, small.Mlp, shape.HasMlp ? sets.Channels(index, shape) : []),
            });
        }
    }

    private static AttentionWeights Mask(AttentionWeights dense, AttentionWeights? compact, IReadOnlyList<int> heads) => dense with
    {
        Output = Scatter(dense.Output, compact?.Output, heads, dense.Output.Cols / dense.QueryHeads),
        OutputBias = compact?.OutputBias,
    };

    private static MlpWeights Mask(MlpWeights dense, MlpWeights? compact, IReadOnlyList<int> channels) => dense with
    {
        Down = Scatter(dense.Down, compact?.Down, channels, 1),
        DownBias = compact?.DownBias,
        // Where none is left, the columns of zeros do it alone: some router has to choose.
        RouterBias = dense.Router is { } router && channels.Count > 0
            ? Masked(router.Rows, ExpertLevels.Among(channels, dense.Kind).Experts) : dense.RouterBias,
    };

    private static float[] Masked(int experts, int[] kept)
    {
        var bias = new float[experts];
        Array.Fill(bias, float.NegativeInfinity);
        foreach (var expert in kept)
            bias[expert] = 0;
        return bias;
    }

    private static Matrix Scatter(Matrix dense, Matrix? compact, IReadOnlyList<int> kept, int block) => compact is null
        ? new Matrix(dense.Rows, dense.Cols)
        : BlockSlice.Scatter(compact, kept, block, dense.Cols);
}
