using System.Numerics.Tensors;
using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Forward;

/// <summary>What an RMSNorm behind an output projection y = W·h makes of errors: a change Δy of one token moves the residual stream by
/// diag(w)·(I − ŷŷᵀ/n)·Δy / rms(y) to first order, with ŷ = y/rms(y) and n values in y. So tokens count by 1/rms² and outputs by the square of the norm's
/// weight; docs/levels.md derives it.</summary>
internal static class OutputNorm
{
    /// <summary>1/√(mean y² + ε) of every row of y = inputs·Wᵀ + bias.</summary>
    public static float[] Scales(Activations inputs, Matrix weights, float[]? bias, double epsilon, int threads)
    {
        var scales = new float[inputs.Rows];
        Normed(inputs, weights, bias, epsilon, scales, threads);
        return scales;
    }

    /// <summary>y/√(mean y² + ε) of every row, rows × hidden.</summary>
    /// <param name="scales">Written: 1/√(mean y² + ε).</param>
    public static Activations Normed(Activations inputs, Matrix weights, float[]? bias, double epsilon, float[] scales, int threads)
    {
        var y = new Activations(inputs.Windows, inputs.Tokens, weights.Rows);
        Product.Multiply(Transpose.No, Transpose.Yes, inputs.Rows, weights.Rows, weights.Cols, 1, inputs.Values, inputs.Width, weights.Values, weights.Cols, 0,
            y.Values, y.Width, threads);
        if (bias is not null)
            Bias.Add(y.Values, y.Rows, y.Width, bias);
        var ones = new float[y.Width];
        Array.Fill(ones, 1f);
        RmsNorm.Forward(y.Values, y.Rows, y.Width, ones, epsilon, y.Values, scales, threads);
        return y;
    }

    /// <summary>Every row times its factor, in place.</summary>
    public static void Weigh(Activations rows, float[] scales)
    {
        for (var row = 0; row < rows.Rows; row++)
        {
            var values = rows.Values.AsSpan(row * rows.Width, rows.Width);
            TensorPrimitives.Multiply(values, scales[row], values);
        }
    }

    /// <summary>diag(w)·W; W itself where no norm stands behind.</summary>
    public static Matrix Rows(Matrix weights, float[]? norm)
    {
        if (norm is null)
            return weights;
        var scaled = new Matrix(weights.Rows, weights.Cols);
        for (var row = 0; row < weights.Rows; row++)
            TensorPrimitives.Multiply(weights.Row(row), norm[row], scaled.Row(row));
        return scaled;
    }
}
