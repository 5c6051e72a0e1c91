namespace ForgePrune.Kernels;

/// <summary>Both ways to quantize as their formulas read, in float64, one weight after another.</summary>
internal static class QuantizationReference
{
    /// <inheritdoc cref="RoundToNearest.Run"/>
    public static QuantizedMatrix RoundToNearest(ReadOnlySpan<float> weights, int rows, int cols, int stride, QuantizationFormat format)
    {
        var result = new QuantizedMatrix(rows, cols, format);
        for (var row = 0; row < rows; row++)
        {
            var line = Wide(weights.Slice(row * stride, cols));
            for (var col = 0; col < cols; col++)
                Quantize(result, row, col, line);
        }
        return result;
    }

    /// <summary>Optimal brain quantization with the columns in order: after each, the inverse loses that column by elimination.</summary>
    /// <param name="inverse">H⁻¹ (cols × cols) of the damped Gram; not changed.</param>
    public static QuantizedMatrix Gptq(ReadOnlySpan<float> weights, int rows, int cols, int stride, QuantizationFormat format, ReadOnlySpan<double> inverse)
    {
        var result = new QuantizedMatrix(rows, cols, format);
        double[][] lines = new double[rows][];
        for (var row = 0; row < rows; row++)
            lines[row] = Wide(weights.Slice(row * stride, cols));
        var p = inverse.ToArray();
        for (var col = 0; col < cols; col++)
        {
            for (var row = 0; row < rows; row++)
            {
                var error = lines[row][col] - Quantize(result, row, col, lines[row]);
                for (var k = col + 1; k < cols; k++)
                    lines[row][k] -= error * p[(col * cols) + k] / p[(col * cols) + col];
            }
            for (var i = col + 1; i < cols; i++)
                for (var k = col + 1; k < cols; k++)
                    p[(i * cols) + k] -= p[(i * cols) + col] * p[(col * cols) + k] / p[(col * cols) + col];
        }
        return result;
    }

    /// <summary>tr((W − Q) H (W − Q)ᵀ): what the codes do to the outputs.</summary>
    public static double Error(ReadOnlySpan<float> weights, int stride, QuantizedMatrix quantized, ReadOnlySpan<double> hessian)
    {
        var (cols, values, sum) = (quantized.Cols, quantized.Values(), 0.0);
        for (var row = 0; row < quantized.Rows; row++)
            for (var i = 0; i < cols; i++)
                for (var k = 0; k < cols; k++)
                    sum += ((double)weights[(row * stride) + i] - values[(row * cols) + i]) * hessian[(i * cols) + k] * (
                        (double)weights[(row * stride) + k] - values[(row * cols) + k]);
        return sum;
    }

    private static double[] Wide(ReadOnlySpan<float> line)
    {
        var wide = new double[line.Length];
        for (var col = 0; col < wide.Length; col++)
            wide[col] = line[col];
        return wide;
    }

    /// <summary>Sets the code of one weight, at the first of a block also its grid; gives the value of the code.</summary>
    private static double Quantize(QuantizedMatrix result, int row, int col, double[] line)
    {
        var (format, block) = (result.Format, col / result.Format.Block);
        if (col % format.Block == 0)
        {
            double[] part = [.. line[col..Math.Min(line.Length, col + format.Block)], 0];
            double low = part.Min(), high = part.Max();
            var scale = (float)(format.Symmetric ? (high > -low ? high : low) / -format.Middle : (high - low) / format.Top);
            result.Scales[(row * result.Blocks) + block] = scale;
            result.Zeros[(row * result.Blocks) + block] = (byte)(format.Symmetric ? format.Middle : scale == 0 ? 0
                : Math.Clamp(Math.Round(-low / scale), 0, format.Top));
        }
        double step = result.Scales[(row * result.Blocks) + block], zero = result.Zeros[(row * result.Blocks) + block];
        var code = step == 0 ? zero : Math.Clamp(Math.Round(line[col] / step) + zero, 0, format.Top);
        result.Codes[(row * result.Cols) + col] = (byte)code;
        // Runtimes compute it in float32.
        return (float)((code - zero) * step);
    }
}
