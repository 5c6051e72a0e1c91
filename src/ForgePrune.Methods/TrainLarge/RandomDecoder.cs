using ForgePrune.Model;
using ForgePrune.Search;

namespace ForgePrune.Methods.TrainLarge;

/// <summary>A decoder that has learnt nothing yet. Equal configs and seeds give equal weights.</summary>
/// <remarks>Norms are 1 and biases 0. Matrices are normal with deviation 1/√inputs, so that what goes in comes out as large; those that write to the
/// residual stream are divided by √(blocks), so that it does not grow with depth (Radford and others 2019). Embedding and head have the deviation
/// 0.02: the first predictions are near uniform.</remarks>
internal static class RandomDecoder
{
    private const double TableDeviation = 0.02;

    public static IDecoderModel Make(ModelConfig config, long seed)
    {
        var random = new SearchRandom((ulong)seed);
        var embedding = Table();
        LayerWeights[] layers = [.. config.Layers.Select((_, layer) => LayerTensors.Build(config, layer, Values))];
        var norm = new float[config.HiddenSize];
        norm.AsSpan().Fill(1);
        return new InMemoryModel(config, layers, embedding, norm, config.TiedEmbeddings ? null : Table());

        Matrix Table() => new(config.VocabSize, config.HiddenSize, Normal(random, (long)config.VocabSize * config.HiddenSize, TableDeviation));

        float[] Values(TensorSpec spec)
        {
            if (!spec.IsVector)
            {
                var blocks = spec.Role is TensorRole.Output or TensorRole.Down ? 2.0 * config.Layers.Count : 1;
                return Normal(random, spec.Elements, 1 / Math.Sqrt(spec.Cols * blocks));
            }

            var values = new float[spec.Elements];
            if (spec.Role.IsNorm())
                values.AsSpan().Fill(1);
            return values;
        }
    }

    /// <summary>Box and Muller: two uniform numbers give two normal ones.</summary>
    private static float[] Normal(SearchRandom random, long count, double deviation)
    {
        var values = new float[count];
        for (long i = 0; i < count; i += 2)
        {
            var (radius, angle) = (deviation * Math.Sqrt(-2 * Math.Log(Uniform(random))), 2 * Math.PI * Uniform(random));
            values[i] = (float)(radius * Math.Cos(angle));
            if (i + 1 < count)
                values[i + 1] = (float)(radius * Math.Sin(angle));
        }
        return values;
    }

    /// <summary>In (0, 1]: 53 bits.</summary>
    private static double Uniform(SearchRandom random) => ((random.NextWord() >> 11) + 1) * Math.ScaleB(1, -53);
}
