using ForgePrune.Model;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;
using Functional = TorchSharp.torch.nn.functional;

namespace ForgePrune.Perf.Torch;

/// <summary>A Llama with tied embeddings and a KV head for every query head, in PyTorch's own operations: its attention, its SiLU, its products.</summary>
internal sealed class TorchDecoder
{
    private readonly ModelConfig config;
    private readonly List<Layer> layers = [];
    private readonly Tensor embedding, norm, cos, sin;

    /// <param name="window">Tokens of a window.</param>
    public TorchDecoder(IDecoderModel model, int window)
    {
        config = model.Config;
        embedding = Parameter(model.ReadEmbedding());
        norm = Parameter(model.ReadFinalNorm());
        for (var layer = 0; layer < config.Layers.Count; layer++)
            layers.Add(Layer.Of(model.ReadLayer(layer), Parameter, Parameter));
        var half = config.HeadDim / 2;
        var angles = arange(window, dtype: ScalarType.Float64).unsqueeze(1)
            * pow(config.RopeTheta, -arange(half, dtype: ScalarType.Float64) / half).unsqueeze(0);
        (cos, sin) = (angles.cos().to(ScalarType.Float32), angles.sin().to(ScalarType.Float32));
    }

    public IList<Parameter> Parameters { get; } = [];

    /// <param name="ids">windows × window.</param>
    /// <returns>Logits, windows × window × vocabulary.</returns>
    public Tensor Logits(Tensor ids)
    {
        var x = embedding.index_select(0, ids.flatten()).view(ids.shape[0], ids.shape[1], -1);
        foreach (var layer in layers)
        {
            x = x + Attention(layer, Normed(x, layer.Before));
            var n = Normed(x, layer.Between);
            x = x + Functional.linear(Functional.silu(Functional.linear(n, layer.Gate)) * Functional.linear(n, layer.Up), layer.Down);
        }

        return Functional.linear(Normed(x, norm), embedding);
    }

    private Tensor Attention(Layer layer, Tensor n)
    {
        var (windows, window) = (n.shape[0], n.shape[1]);
        Tensor q = Turned(Heads(layer.Query)), k = Turned(Heads(layer.Key)), v = Heads(layer.Value);
        var mixed = Functional.scaled_dot_product_attention(q, k, v, is_casual: true);
        return Functional.linear(mixed.transpose(1, 2).reshape(windows, window, -1), layer.Output);

        Tensor Heads(Tensor weight) => Functional.linear(n, weight).view(windows, window, -1, config.HeadDim).transpose(1, 2);
    }

    private Tensor Turned(Tensor x)
    {
        var halves = x.chunk(2, -1);
        return cat([halves[0] * cos - halves[1] * sin, halves[1] * cos + halves[0] * sin], -1);
    }

    private Tensor Normed(Tensor x, Tensor weight) => x * rsqrt(x.pow(2).mean([-1], keepdim: true) + config.RmsNormEps) * weight;

    private Parameter Parameter(Matrix matrix) => Kept(tensor(matrix.Values, [matrix.Rows, matrix.Cols]));

    private Parameter Parameter(float[] vector) => Kept(tensor(vector));

    private Parameter Kept(Tensor values)
    {
        var parameter = new Parameter(values);
        Parameters.Add(parameter);
        return parameter;
    }

    private sealed record Layer(Tensor Before, Tensor Query, Tensor Key, Tensor Value, Tensor Output, Tensor Between, Tensor Gate, Tensor Up, Tensor Down)
    {
        public static Layer Of(LayerWeights layer, Func<Matrix, Tensor> matrix, Func<float[], Tensor> vector) =>
            layer is { Attention: { } attention, Mlp: { } mlp }
                ? new(vector(layer.AttentionNorm), matrix(attention.Query), matrix(attention.Key), matrix(attention.Value), matrix(attention.Output),
                    vector(layer.MlpNorm), matrix(mlp.Gate), matrix(mlp.Up), matrix(mlp.Down))
                : throw new ArgumentException("a layer without attention or without an MLP", nameof(layer));
    }
}
