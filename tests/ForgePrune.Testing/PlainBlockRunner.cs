using ForgePrune.Forward;
using ForgePrune.Model;

namespace ForgePrune.Testing;

/// <summary>The decoder blocks as their formulas read, one position after another in float64: RMSNorm, rotary halves, causal grouped-query
/// attention, SwiGLU. For small models: what every <see cref="IBlockRunner"/> must equal.</summary>
public sealed class PlainBlockRunner(ModelConfig config) : IBlockRunner
{
    public int Calls { get; private set; }

    public BlockResult Attention(AttentionWeights weights, float[] norm, Activations x, bool captureInputs = false)
    {
        Calls++;
        int headDim = config.HeadDim, r = weights.QueryHeads / weights.KvHeads;
        var inputs = new Activations(x.Windows, x.Tokens, weights.QueryHeads * headDim);
        for (int window = 0; window < x.Windows; window++)
        {
            var keys = new List<double[]>();
            var values = new List<double[]>();
            for (int t = 0; t < x.Tokens; t++)
            {
                double[] n = Norm(Row(x, (window * x.Tokens) + t), norm);
                double[] q = Turn(Linear(weights.Query, weights.QueryBias, n), weights.QueryNorm, t);
                keys.Add(Turn(Linear(weights.Key, weights.KeyBias, n), weights.KeyNorm, t));
                values.Add(Linear(weights.Value, weights.ValueBias, n));
                for (int head = 0; head < weights.QueryHeads; head++)
                    Attend(q, keys, values, head * headDim, head / r * headDim, inputs.Values.AsSpan((((window * x.Tokens) + t) * inputs.Width) + (head * headDim), headDim));
            }
        }

        return new BlockResult(Add(x, inputs, weights.Output, weights.OutputBias), captureInputs ? inputs : null);
    }

    public BlockResult Mlp(MlpWeights weights, float[] norm, Activations x, bool captureInputs = false)
    {
        Calls++;
        var inputs = new Activations(x.Windows, x.Tokens, weights.Ffn);
        for (int row = 0; row < x.Rows; row++)
        {
            double[] n = Norm(Row(x, row), norm);
            double[] gate = Linear(weights.Gate, weights.GateBias, n), up = Linear(weights.Up, weights.UpBias, n);
            for (int i = 0; i < gate.Length; i++)
                inputs.Values[(row * weights.Ffn) + i] = (float)(gate[i] / (1 + Math.Exp(-gate[i])) * up[i]);
        }

        return new BlockResult(Add(x, inputs, weights.Down, weights.DownBias), captureInputs ? inputs : null);
    }

    public float[] Logits(float[] finalNorm, Matrix head, Activations x, ReadOnlySpan<int> rows)
    {
        var logits = new float[rows.Length * head.Rows];
        for (int i = 0; i < rows.Length; i++)
            Linear(head, null, Norm(Row(x, rows[i]), finalNorm)).Select(value => (float)value).ToArray().CopyTo(logits, i * head.Rows);
        return logits;
    }

    public void Dispose()
    {
    }

    private static double[] Row(Activations x, int row) => Array.ConvertAll(x.Values[(row * x.Width)..((row + 1) * x.Width)], value => (double)value);

    private double[] Norm(double[] x, float[] weight)
    {
        double scale = 1 / Math.Sqrt(x.Average(value => value * value) + config.RmsNormEps);
        return x.Select((value, i) => value * scale * weight[i]).ToArray();
    }

    private static double[] Linear(Matrix weights, float[]? bias, double[] x)
    {
        var y = new double[weights.Rows];
        for (int row = 0; row < y.Length; row++)
        {
            double sum = bias?[row] ?? 0;
            Span<float> w = weights.Row(row);
            for (int col = 0; col < w.Length; col++)
                sum += w[col] * x[col];
            y[row] = sum;
        }

        return y;
    }

    /// <summary>Normalises each head where the model does, then turns its halves by position: (a, b) → (a cos − b sin, b cos + a sin).</summary>
    private double[] Turn(double[] heads, float[]? norm, int position)
    {
        int headDim = config.HeadDim, half = headDim / 2;
        for (int start = 0; start < heads.Length; start += headDim)
        {
            if (norm is not null)
                Norm(heads[start..(start + headDim)], norm).CopyTo(heads, start);
            for (int i = 0; i < half; i++)
            {
                (double sin, double cos) = Math.SinCos(position * Frequency(i));
                (double a, double b) = (heads[start + i], heads[start + half + i]);
                (heads[start + i], heads[start + half + i]) = ((a * cos) - (b * sin), (b * cos) + (a * sin));
            }
        }

        return heads;
    }

    /// <summary>Rotary frequency as Llama 3 states it, case by case.</summary>
    private double Frequency(int pair)
    {
        double frequency = Math.Pow(config.RopeTheta, -2.0 * pair / config.HeadDim);
        if (config.RopeScaling is not { } scaling)
            return frequency;
        double wavelength = 2 * Math.PI / frequency;
        if (wavelength < scaling.OriginalMaxPositions / scaling.HighFreqFactor)
            return frequency;
        if (wavelength > scaling.OriginalMaxPositions / scaling.LowFreqFactor)
            return frequency / scaling.Factor;
        double smooth = ((scaling.OriginalMaxPositions / wavelength) - scaling.LowFreqFactor) / (scaling.HighFreqFactor - scaling.LowFreqFactor);
        return ((1 - smooth) * frequency / scaling.Factor) + (smooth * frequency);
    }

    private static void Attend(double[] q, List<double[]> keys, List<double[]> values, int queryStart, int keyStart, Span<float> output)
    {
        var scores = new double[keys.Count];
        for (int t = 0; t < scores.Length; t++)
        {
            for (int i = 0; i < output.Length; i++)
                scores[t] += q[queryStart + i] * keys[t][keyStart + i];
            scores[t] /= Math.Sqrt(output.Length);
        }

        double top = scores.Max(), sum = scores.Sum(score => Math.Exp(score - top));
        for (int i = 0; i < output.Length; i++)
            output[i] = (float)scores.Select((score, t) => Math.Exp(score - top) / sum * values[t][keyStart + i]).Sum();
    }

    private static Activations Add(Activations x, Activations inputs, Matrix weights, float[]? bias)
    {
        var output = new Activations(x.Windows, x.Tokens, x.Width);
        for (int row = 0; row < x.Rows; row++)
        {
            double[] y = Linear(weights, bias, Row(inputs, row));
            for (int i = 0; i < y.Length; i++)
                output.Values[(row * x.Width) + i] = (float)(x.Values[(row * x.Width) + i] + y[i]);
        }

        return output;
    }
}
