using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Recovery;

namespace ForgePrune.Tests.Recovery;

/// <summary>A whole decoder with its loss in float64, as the formulas read: what float32 losses, and differences of which its gradients, must equal.</summary>
internal sealed class PlainDecoder(ParameterLayout layout, int window)
{
    private readonly ModelConfig config = layout.Config;

    /// <summary>Logits (ids × vocab).</summary>
    public double[] Logits(double[] weights, ReadOnlySpan<int> ids)
    {
        var x = new double[ids.Length * config.HiddenSize];
        var embedding = Part(weights, TensorRole.Embedding, -1);
        for (var row = 0; row < ids.Length; row++)
            embedding.AsSpan(ids[row] * config.HiddenSize, config.HiddenSize).CopyTo(x.AsSpan(row * config.HiddenSize));
        for (var layer = 0; layer < config.Layers.Count; layer++)
        {
            if (config.Layers[layer].HasAttention)
                x = Sum(x, Attention(weights, layer, ids.Length / window, x));
            if (config.Layers[layer].HasMlp)
                x = Sum(x, Mlp(weights, layer, x));
        }

        return Linear(Norm(x, Part(weights, TensorRole.FinalNorm, -1)), Part(weights, config.TiedEmbeddings ? TensorRole.Embedding : TensorRole.Head, -1), [], ids.Length);
    }

    /// <summary>Σ over the predictions of cross-entropy, or of the divergence from a truth's logits.</summary>
    public double Loss(double[] weights, int[] ids, double[]? truth) => Score(Logits(weights, ids), ids, truth);

    private double Score(double[] logits, int[] ids, double[]? truth) => Enumerable.Range(0, ids.Length).Where(row => row % window < window - 1).Sum(row =>
    {
        var z = logits.AsSpan(row * config.VocabSize, config.VocabSize);
        return truth is null ? SoftmaxLossReference.CrossEntropy(z, ids[row + 1]) : SoftmaxLossReference.Divergence(z, truth.AsSpan(row * config.VocabSize, config.VocabSize));
    });

    private double[] Attention(double[] weights, int layer, int windows, double[] x)
    {
        var shape = new AttentionShape(windows, window, config.Layers[layer].QueryHeads, config.Layers[layer].KvHeads, config.HeadDim);
        var n = Norm(x, Part(weights, TensorRole.AttentionNorm, layer));
        double[] Projected(TensorRole weight, TensorRole bias) => Linear(n, Part(weights, weight, layer), Part(weights, bias, layer), x.Length / config.HiddenSize);
        var q = Turned(Projected(TensorRole.Query, TensorRole.QueryBias), Part(weights, TensorRole.QueryNorm, layer), shape.QueryHeads);
        var k = Turned(Projected(TensorRole.Key, TensorRole.KeyBias), Part(weights, TensorRole.KeyNorm, layer), shape.KvHeads);
        var mixed = CausalAttentionReference.Forward(shape, q, k, Projected(TensorRole.Value, TensorRole.ValueBias));
        return Linear(mixed, Part(weights, TensorRole.Output, layer), Part(weights, TensorRole.OutputBias, layer), shape.Rows);
    }

    private double[] Turned(double[] heads, double[] norm, int count)
    {
        var table = RotaryTable.Build(config, window);
        return RotaryReference.Forward(
            config.QkNorm ? Norm(heads, norm) : heads, window, count, config.HeadDim,
            Array.ConvertAll(table.Cos, value => (double)value), Array.ConvertAll(table.Sin, value => (double)value));
    }

    private double[] Mlp(double[] weights, int layer, double[] x)
    {
        var n = Norm(x, Part(weights, TensorRole.MlpNorm, layer));
        double[] Projected(TensorRole weight, TensorRole bias) => Linear(n, Part(weights, weight, layer), Part(weights, bias, layer), x.Length / config.HiddenSize);
        var units = SwiGluReference.Forward(Projected(TensorRole.Gate, TensorRole.GateBias), Projected(TensorRole.Up, TensorRole.UpBias));
        return Linear(units, Part(weights, TensorRole.Down, layer), Part(weights, TensorRole.DownBias, layer), x.Length / config.HiddenSize);
    }

    private double[] Norm(double[] x, double[] weight) => RmsNormReference.Forward(x, weight, config.RmsNormEps);

    private double[] Part(double[] weights, TensorRole role, int layer)
    {
        var start = 0;
        foreach (var tensor in layout.Tensors)
        {
            if (tensor.Role == role && tensor.Layer == layer)
                return weights[start..(start + (int)tensor.Elements)];
            start += (int)tensor.Elements;
        }

        return [];
    }

    private static double[] Linear(double[] x, double[] weight, double[] bias, int rows)
    {
        var inputs = x.Length / rows;
        var outputs = weight.Length / inputs;
        var y = new double[rows * outputs];
        for (var row = 0; row < rows; row++)
            for (var output = 0; output < outputs; output++)
            {
                var sum = bias.Length == 0 ? 0 : bias[output];
                for (var i = 0; i < inputs; i++)
                    sum += weight[output * inputs + i] * x[row * inputs + i];
                y[row * outputs + output] = sum;
            }

        return y;
    }

    private static double[] Sum(double[] a, double[] b) => [.. a.Select((value, i) => value + b[i])];
}
