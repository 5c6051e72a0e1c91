using ForgePrune.Forward;
using ForgePrune.Model;

namespace ForgePrune.Onnx.Tests.Forward;

/// <summary>Random weights and activations of any shape; equal seeds give equal values.</summary>
internal static class Made
{
    public static ModelConfig Config(int hidden, int headDim, int vocab, params LayerShape[] layers) => new()
    {
        Family = "made",
        HiddenSize = hidden,
        HeadDim = headDim,
        VocabSize = vocab,
        MaxPositions = 512,
        RmsNormEps = 1e-5,
        RopeTheta = 10000,
        TiedEmbeddings = false,
        Layers = layers,
    };

    public static AttentionWeights Attention(ModelConfig config, int kvHeads, int queryHeads, Random random) => new()
    {
        KvHeads = kvHeads,
        QueryHeads = queryHeads,
        Query = Matrix(queryHeads * config.HeadDim, config.HiddenSize, random),
        Key = Matrix(kvHeads * config.HeadDim, config.HiddenSize, random),
        Value = Matrix(kvHeads * config.HeadDim, config.HiddenSize, random),
        Output = Matrix(config.HiddenSize, queryHeads * config.HeadDim, random),
        QueryBias = config.QkvBias ? Vector(queryHeads * config.HeadDim, random) : null,
        KeyBias = config.QkvBias ? Vector(kvHeads * config.HeadDim, random) : null,
        ValueBias = config.QkvBias ? Vector(kvHeads * config.HeadDim, random) : null,
        OutputBias = config.OutputBias ? Vector(config.HiddenSize, random) : null,
        QueryNorm = config.QkNorm ? Norm(config.HeadNormWidth(queryHeads), random) : null,
        KeyNorm = config.QkNorm ? Norm(config.HeadNormWidth(kvHeads), random) : null,
        PostNorm = config.NormsBehind ? Norm(config.HiddenSize, random) : null,
    };

    public static MlpWeights Mlp(ModelConfig config, int ffn, Random random) => new()
    {
        Gate = Matrix(ffn, config.HiddenSize, random),
        Up = Matrix(ffn, config.HiddenSize, random),
        Down = Matrix(config.HiddenSize, ffn, random),
        GateBias = config.GateUpBias ? Vector(ffn, random) : null,
        UpBias = config.GateUpBias ? Vector(ffn, random) : null,
        DownBias = config.DownBias ? Vector(config.HiddenSize, random) : null,
        PostNorm = config.NormsBehind ? Norm(config.HiddenSize, random) : null,
    };

    /// <summary>Entries of variance 1/cols: a product with a row of unit variance has unit variance again.</summary>
    public static Matrix Matrix(int rows, int cols, Random random)
    {
        var values = Vector(rows * cols, random);
        for (var i = 0; i < values.Length; i++)
            values[i] /= MathF.Sqrt(cols);
        return new Matrix(rows, cols, values);
    }

    public static Activations Activations(int windows, int tokens, int width, Random random) =>
        new(windows, tokens, width, Vector(windows * tokens * width, random));

    public static float[] Norm(int length, Random random) => Vector(length, random).Select(value => 1 + 0.2f * value).ToArray();

    /// <summary>Standard normal values (Box–Muller).</summary>
    public static float[] Vector(int length, Random random)
    {
        var values = new float[length];
        for (var i = 0; i < length; i++)
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return values;
    }
}
