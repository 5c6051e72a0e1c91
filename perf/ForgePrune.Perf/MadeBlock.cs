using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Perf;

/// <summary>A model of one layer with the shape of a published one, made weights, and a vocabulary of a few words: what the layer costs does not depend on
/// either.</summary>
internal static class MadeBlock
{
    public const int Words = 512;

    /// <summary>The first layer of a model as a model of its own; of a mixture, the first layer with experts.</summary>
    /// <param name="experts">Only so many experts, of their own width; null for all.</param>
    /// <exception cref="ArgumentException">The model has no experts, has fewer, or a token passes more.</exception>
    public static ModelConfig Config(ModelConfig whole, int? experts)
    {
        var layer = whole.HasExperts ? Enumerable.Range(0, whole.Layers.Count).First(index => whole.MlpOf(index).IsRouted) : 0;
        var (shape, kind) = (whole.Layers[layer], whole.MlpOf(layer));
        if (experts is { } few)
        {
            if (few < kind.PerToken || few > kind.Experts(shape.Ffn) || !kind.IsRouted)
            {
                throw new ArgumentException($"{few} experts are asked for where a layer has {kind.Experts(shape.Ffn)}, and a token passes {kind.PerToken}",
                    nameof(experts));
            }

            shape = shape with { Ffn = few * kind.ExpertWidth };
        }

        return whole with
        {
            VocabSize = Words,
            BosTokenId = null,
            EosTokenIds = [],
            PadTokenId = null,
            TiedEmbeddings = true,
            Layers = [shape],
            Attention = [whole.KindOf(layer)],
            Mlp = kind.IsRouted ? [kind] : [],
        };
    }

    /// <summary>Half of the heads and half of the channels, of every expert where there are any; all heads where none can leave alone.</summary>
    public static LayerShape Half(ModelConfig config)
    {
        var (shape, kind) = (config.Layers[0], config.MlpOf(0));
        var (groups, queries) = config.QkNormAcrossHeads ? (shape.KvHeads, shape.QueriesPerGroup)
            : shape.KvHeads > 1 ? (shape.KvHeads / 2, shape.QueriesPerGroup) : (1, Math.Max(1, shape.QueriesPerGroup / 2));
        var width = kind.ExpertWidth / 2;
        return new(groups, groups * queries, kind.IsRouted ? kind.Experts(shape.Ffn) * width : shape.Ffn / 2) { ExpertWidth = width };
    }

    /// <summary>Weights of a scale that keeps activations near one.</summary>
    public static InMemoryModel Weights(ModelConfig config, Random random)
    {
        var layer = LayerTensors.Build(config, 0, spec => spec.Role.IsNorm() ? [.. Enumerable.Repeat(1f, (int)spec.Elements)]
            : Values(random, spec.Elements, spec.IsVector ? 0.1 : 1 / Math.Sqrt(spec.Cols)));
        return new InMemoryModel(config, [layer], new Matrix(Words, config.HiddenSize, Values(random, (long)Words * config.HiddenSize, 1)),
            [.. Enumerable.Repeat(1f, config.HiddenSize)], null);
    }

    private static float[] Values(Random random, long count, double deviation)
    {
        var values = LargeArray.Uninitialized<float>(count);
        for (long i = 0; i < count; i++)
            values[i] = (float)(deviation * Math.Sqrt(3) * ((2 * random.NextDouble()) - 1));
        return values;
    }
}
