using ForgePrune.Forward;
using ForgePrune.Model;

namespace ForgePrune.Onnx.Tests.Forward;

/// <summary>The decoder written plainly in float64, one row and one head at a time: what <see cref="IBlockRunner"/> must equal.</summary>
internal sealed class ReferenceBlockRunner(ModelConfig config) : IBlockRunner
{
    public BlockResult Attention(AttentionWeights weights, float[] norm, Activations x, bool captureInputs = false)
    {
        var inputs = new Activations(x.Windows, x.Tokens, weights.QueryHeads * config.HeadDim);
        var y = new Activations(x.Windows, x.Tokens, x.Width);
        for (var window = 0; window < x.Windows; window++)
        {
            var normed = Enumerable.Range(0, x.Tokens).Select(t => Norm(Row(x, window, t), norm)).ToArray();
            var q = normed.Select((n, t) => Heads(Linear(weights.Query, weights.QueryBias, n), weights.QueryNorm, t)).ToArray();
            var k = normed.Select((n, t) => Heads(Linear(weights.Key, weights.KeyBias, n), weights.KeyNorm, t)).ToArray();
            var v = normed.Select(n => Linear(weights.Value, weights.ValueBias, n).Chunk(config.HeadDim).ToArray()).ToArray();
            for (var t = 0; t < x.Tokens; t++)
            {
                var mixed = Enumerable.Range(0, weights.QueryHeads)
                    .SelectMany(head => Mix(q[t][head], k, v, head / (weights.QueryHeads / weights.KvHeads), t)).ToArray();
                Store(inputs, window, t, mixed);
                Store(y, window, t, Sum(Row(x, window, t), Linear(weights.Output, weights.OutputBias, mixed)));
            }
        }
        return new BlockResult(y, captureInputs ? inputs : null);
    }

    public BlockResult Mlp(MlpWeights weights, float[] norm, Activations x, bool captureInputs = false)
    {
        var inputs = new Activations(x.Windows, x.Tokens, weights.Ffn);
        var y = new Activations(x.Windows, x.Tokens, x.Width);
        for (var window = 0; window < x.Windows; window++)
        {
            for (var t = 0; t < x.Tokens; t++)
            {
                var normed = Norm(Row(x, window, t), norm);
                var gate = Linear(weights.Gate, weights.GateBias, normed);
                var up = Linear(weights.Up, weights.UpBias, normed);
                var product = gate.Zip(up, (g, u) => g / (1 + Math.Exp(-g)) * u).ToArray();
                Store(inputs, window, t, product);
                Store(y, window, t, Sum(Row(x, window, t), Linear(weights.Down, weights.DownBias, product)));
            }
        }
        return new BlockResult(y, captureInputs ? inputs : null);
    }

    public float[] Logits(float[] finalNorm, Matrix head, Activations x, ReadOnlySpan<int> rows)
    {
        var logits = new List<float>();
        foreach (var row in rows)
            logits.AddRange(Linear(head, null, Norm(Row(x, row / x.Tokens, row % x.Tokens), finalNorm)).Select(value => (float)value));
        return [.. logits];
    }

    public void Dispose()
    {
    }

    /// <summary>Softmax-weighted mean of the values up to token <paramref name="last"/> of one KV head.</summary>
    private double[] Mix(double[] query, double[][][] keys, double[][][] values, int kvHead, int last)
    {
        var scores = Enumerable.Range(0, last + 1).Select(t => Dot(query, keys[t][kvHead]) / Math.Sqrt(config.HeadDim)).ToArray();
        var top = scores.Max();
        var weights = scores.Select(score => Math.Exp(score - top)).ToArray();
        var mixed = new double[config.HeadDim];
        for (var t = 0; t <= last; t++)
        {
            for (var i = 0; i < mixed.Length; i++)
                mixed[i] += weights[t] / weights.Sum() * values[t][kvHead][i];
        }
        return mixed;
    }

    /// <summary>Cuts one row into heads, normalises each where asked, and turns it by its position.</summary>
    private double[][] Heads(double[] row, float[]? norm, int position) => row.Chunk(config.HeadDim).Select(head =>
    {
        var normed = norm is null ? head : Norm(head, norm);
        var half = head.Length / 2;
        var turned = new double[head.Length];
        for (var i = 0; i < half; i++)
        {
            var angle = position * Frequency(i);
            turned[i] = normed[i] * Math.Cos(angle) - normed[i + half] * Math.Sin(angle);
            turned[i + half] = normed[i + half] * Math.Cos(angle) + normed[i] * Math.Sin(angle);
        }
        return turned;
    }).ToArray();

    /// <summary>Rotary frequency as Llama 3 states it, case by case.</summary>
    private double Frequency(int pair)
    {
        var frequency = 1 / Math.Pow(config.RopeTheta, 2.0 * pair / config.HeadDim);
        if (config.RopeScaling is not { } scaling)
            return frequency;
        var wavelength = 2 * Math.PI / frequency;
        if (wavelength < scaling.OriginalMaxPositions / scaling.HighFreqFactor)
            return frequency;
        if (wavelength > scaling.OriginalMaxPositions / scaling.LowFreqFactor)
            return frequency / scaling.Factor;
        var smooth = (scaling.OriginalMaxPositions / wavelength - scaling.LowFreqFactor) / (scaling.HighFreqFactor - scaling.LowFreqFactor);
        return (1 - smooth) * frequency / scaling.Factor + smooth * frequency;
    }

    private double[] Norm(double[] row, float[] weight)
    {
        var scale = 1 / Math.Sqrt(row.Sum(value => value * value) / row.Length + config.RmsNormEps);
        return row.Zip(weight, (value, w) => value * scale * w).ToArray();
    }

    private static double[] Linear(Matrix weight, float[]? bias, double[] row)
    {
        var result = new double[weight.Rows];
        for (var i = 0; i < result.Length; i++)
        {
            var sum = (double)(bias?[i] ?? 0);
            for (var j = 0; j < row.Length; j++)
                sum += (double)weight.Values[i * weight.Cols + j] * row[j];
            result[i] = sum;
        }
        return result;
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();

    private static double[] Sum(double[] a, double[] b) => a.Zip(b, (x, y) => x + y).ToArray();

    private static double[] Row(Activations x, int window, int token) =>
        x.Values.AsSpan((window * x.Tokens + token) * x.Width, x.Width).ToArray().Select(value => (double)value).ToArray();

    private static void Store(Activations x, int window, int token, double[] row)
    {
        for (var i = 0; i < row.Length; i++)
            x.Values[(window * x.Tokens + token) * x.Width + i] = (float)row[i];
    }
}
