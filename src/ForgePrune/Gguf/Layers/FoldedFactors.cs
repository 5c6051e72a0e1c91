using System.Numerics.Tensors;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Quantization;

namespace ForgePrune.Gguf.Layers;

/// <summary>Moves the factors of a model into its weights, for architectures without a place for them: of scores into q_proj (or into the norm of the queries,
/// which would undo it there), of what blocks add into o_proj and down_proj, of the embedding into the embedding, and of the logits into the final norm,
/// which takes back the embedding's where the head is tied to it. Exact up to the rounding of one product. What the architecture multiplies by itself is left
/// to it.</summary>
internal sealed class FoldedFactors(ModelConfig config, GgufArchitecture architecture)
{
    private readonly double scores = architecture.OwnScoreScale(config) is { } own ? config.QueryScale / own
        : config.AttentionScale * Math.Sqrt(config.HeadDim) ?? 1;

    private readonly double embeddings = config.EmbeddingScale / architecture.OwnEmbeddingScale(config);

    // Behind a norm, what a block adds has its factor in the weights of that norm.
    private readonly double outputs = config.NormsBehind ? 1 : config.ResidualScale, norms = config.NormsBehind ? config.ResidualScale : 1;

    private double States => config.LogitScale / (config.TiedEmbeddings ? embeddings : 1);

    /// <summary>The model without factors. Reads fold anew each time, but the embedding only once.</summary>
    public IDecoderModel Of(IDecoderModel model)
    {
        var embedding = new Lazy<Matrix>(() => Times(model.ReadEmbedding(), embeddings));
        var plain = config with { AttentionScale = null, EmbeddingScale = 1, ResidualScale = 1, LogitDivisor = 1 };
        return new InMemoryModel(plain, layer => Of(model.ReadLayer(layer)), () => embedding.Value, Times(model.ReadFinalNorm(), States)!,
            config.TiedEmbeddings ? null : model.ReadHead);
    }

    public LayerWeights Of(LayerWeights layer) => layer with
    {
        Attention = layer.Attention is not { } attention ? null : attention with
        {
            Query = config.QkNorm ? attention.Query : Times(attention.Query, scores),
            QueryBias = config.QkNorm ? attention.QueryBias : Times(attention.QueryBias, scores),
            QueryNorm = Times(attention.QueryNorm, scores),
            Output = Times(attention.Output, outputs),
            OutputBias = Times(attention.OutputBias, outputs),
            PostNorm = Times(attention.PostNorm, norms),
        },
        Mlp = layer.Mlp is not { } mlp ? null : mlp with
        {
            Down = Times(mlp.Down, outputs),
            DownBias = Times(mlp.DownBias, outputs),
            PostNorm = Times(mlp.PostNorm, norms),
        },
    };

    /// <summary>Codes stay, and their scales take the factor.</summary>
    public QuantizedLayer? Of(QuantizedLayer? codes) => codes is null ? null : new(
        codes.Attention is not { } attention ? null : attention with
        {
            Query = config.QkNorm ? attention.Query : Times(attention.Query, scores),
            Output = Times(attention.Output, outputs),
        },
        codes.Mlp is not { } mlp ? null : mlp with { Down = Times(mlp.Down, outputs) });

    private static Matrix Times(Matrix matrix, double factor) => factor == 1 ? matrix : new(matrix.Rows, matrix.Cols, Times(matrix.Values, factor)!);

    private static float[]? Times(float[]? values, double factor)
    {
        if (values is null || factor == 1)
            return values;
        var scaled = LargeArray.Uninitialized<float>(values.LongLength);
        TensorPrimitives.Multiply(values, (float)factor, scaled);
        return scaled;
    }

    private static QuantizedMatrix Times(QuantizedMatrix matrix, double factor)
    {
        if (factor == 1)
            return matrix;
        var scaled = new QuantizedMatrix(matrix.Rows, matrix.Cols, matrix.Format);
        matrix.Codes.CopyTo(scaled.Codes, 0);
        matrix.Zeros.CopyTo(scaled.Zeros, 0);
        TensorPrimitives.Multiply(matrix.Scales, (float)factor, scaled.Scales);
        return scaled;
    }
}
