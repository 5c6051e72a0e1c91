using ForgePrune.Model;

namespace ForgePrune.Testing;

/// <summary>Small models with random weights, the same for the same seed.</summary>
public static class SyntheticModels
{
    /// <summary>A config of equal layers; change what a test is about with <c>with</c>.</summary>
    public static ModelConfig Config(int layers = 2, int hidden = 32, int headDim = 8, int kvHeads = 2, int queryHeads = 4, int ffn = 48, int vocab = 64) =>
        new()
        {
            Family = "llama",
            HiddenSize = hidden,
            HeadDim = headDim,
            VocabSize = vocab,
            MaxPositions = 128,
            RmsNormEps = 1e-5,
            RopeTheta = 10000,
            TiedEmbeddings = true,
            BosTokenId = 1,
            EosTokenIds = [2],
            Layers = Enumerable.Repeat(new LayerShape(kvHeads, queryHeads, ffn), layers).ToArray(),
        };

    /// <summary>Weights of a scale that keeps activations near one: matrices N(0, 1/cols), biases N(0, 0.01), norms 1 + N(0, 0.01),
    /// embedding N(0, 1).</summary>
    public static InMemoryModel Random(ModelConfig config, int seed)
    {
        var random = new Random(seed);
        var embedding = new Matrix(config.VocabSize, config.HiddenSize, Normal(random, (long)config.VocabSize * config.HiddenSize, 0, 1));
        var layers = new LayerWeights[config.Layers.Count];
        for (int i = 0; i < layers.Length; i++)
            layers[i] = LayerTensors.Build(config, i, spec => Values(random, spec));
        float[] finalNorm = Normal(random, config.HiddenSize, 1, 0.1);
        Matrix? head = config.TiedEmbeddings
            ? null
            : new Matrix(config.VocabSize, config.HiddenSize, Normal(random, (long)config.VocabSize * config.HiddenSize, 0, 1 / Math.Sqrt(config.HiddenSize)));
        return new InMemoryModel(config, layers, embedding, finalNorm, head);
    }

    private static float[] Values(Random random, TensorSpec spec) => spec.Role switch
    {
        _ when spec.Role.IsNorm() => Normal(random, spec.Elements, 1, 0.1),
        _ when spec.IsVector => Normal(random, spec.Elements, 0, 0.1),
        _ => Normal(random, spec.Elements, 0, 1 / Math.Sqrt(spec.Cols)),
    };

    /// <summary>Box–Muller, one value per pair of uniforms: speed does not matter here.</summary>
    private static float[] Normal(Random random, long count, double mean, double deviation)
    {
        var values = new float[count];
        for (int i = 0; i < values.Length; i++)
            values[i] = (float)(mean + (deviation * Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble())));
        return values;
    }
}
