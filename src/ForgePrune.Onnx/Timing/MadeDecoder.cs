using ForgePrune.Model;

namespace ForgePrune.Onnx.Timing;

/// <summary>A decoder of any shape with random weights: times depend on shapes, not on values. Every read makes the same values anew.</summary>
/// <param name="embeddingRows">Rows of the embedding, where fewer than the vocabulary are enough (ids below it only).</param>
internal sealed class MadeDecoder(ModelConfig config, ulong seed = 1, int? embeddingRows = null) : IDecoderModel
{
    public ModelConfig Config { get; } = config;

    public string ContentHash => throw new NotSupportedException("a made decoder is never cached");

    public Matrix ReadEmbedding() => Random(embeddingRows ?? Config.VocabSize, Config.HiddenSize, 1);

    public Matrix ReadHead() => Config.TiedEmbeddings ? ReadEmbedding() : Random(Config.VocabSize, Config.HiddenSize, 2);

    public float[] ReadFinalNorm() => Ones(Config.HiddenSize);

    public LayerWeights ReadLayer(int index)
    {
        var shape = Config.Layers[index];
        var stream = 10 * ((ulong)index + 1);
        return new LayerWeights
        {
            AttentionNorm = Ones(Config.HiddenSize),
            Attention = shape.HasAttention ? Attention(shape, stream) : null,
            MlpNorm = Ones(Config.HiddenSize),
            Mlp = shape.HasMlp ? Mlp(shape.Ffn, stream) : null,
        };
    }

    public void Dispose()
    {
    }

    private AttentionWeights Attention(LayerShape shape, ulong stream)
    {
        var (queryWidth, kvWidth) = (shape.QueryHeads * Config.HeadDim, shape.KvHeads * Config.HeadDim);
        return new AttentionWeights
        {
            KvHeads = shape.KvHeads,
            QueryHeads = shape.QueryHeads,
            Query = Random(queryWidth, Config.HiddenSize, stream),
            Key = Random(kvWidth, Config.HiddenSize, stream + 1),
            Value = Random(kvWidth, Config.HiddenSize, stream + 2),
            Output = Random(Config.HiddenSize, queryWidth, stream + 3),
            QueryBias = Config.QkvBias ? Random(1, queryWidth, stream + 4).Values : null,
            KeyBias = Config.QkvBias ? Random(1, kvWidth, stream + 5).Values : null,
            ValueBias = Config.QkvBias ? Random(1, kvWidth, stream + 6).Values : null,
            OutputBias = Config.OutputBias ? Random(1, Config.HiddenSize, stream + 7).Values : null,
            QueryNorm = Config.QkNorm ? Ones(Config.HeadDim) : null,
            KeyNorm = Config.QkNorm ? Ones(Config.HeadDim) : null,
        };
    }

    private MlpWeights Mlp(int ffn, ulong stream) => new()
    {
        Gate = Random(ffn, Config.HiddenSize, stream + 1000),
        Up = Random(ffn, Config.HiddenSize, stream + 1001),
        Down = Random(Config.HiddenSize, ffn, stream + 1002),
        GateBias = Config.GateUpBias ? Random(1, ffn, stream + 1003).Values : null,
        UpBias = Config.GateUpBias ? Random(1, ffn, stream + 1004).Values : null,
        DownBias = Config.DownBias ? Random(1, Config.HiddenSize, stream + 1005).Values : null,
    };

    private static float[] Ones(int length)
    {
        var ones = new float[length];
        Array.Fill(ones, 1f);
        return ones;
    }

    /// <summary>Uniform, with the variance 1 / cols that keeps activations near one. Xorshift64*: seconds for a billion values.</summary>
    private Matrix Random(int rows, int cols, ulong stream)
    {
        var matrix = new Matrix(rows, cols);
        var state = (seed * 0x9E3779B97F4A7C15UL) ^ (stream * 0xBF58476D1CE4E5B9UL) ^ 0x94D049BB133111EBUL;
        var scale = (float)(Math.Sqrt(12.0 / cols) / (1 << 24));
        var values = matrix.Values;
        for (var i = 0; i < values.Length; i++)
        {
            state ^= state >> 12;
            state ^= state << 25;
            state ^= state >> 27;
            values[i] = ((int)((state * 0x2545F4914F6CDD1DUL) >> 40) - (1 << 23)) * scale;
        }
        return matrix;
    }
}
