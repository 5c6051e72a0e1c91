namespace ForgePrune.Kernels;

/// <summary>Streamed second moments of activations. All calls add to what is there, so a calibration set may be fed in any pieces.</summary>
/// <remarks>
/// Float32 input is multiplied in float32 over blocks of 256 tokens, and the blocks are summed in float64: the relative error of an element stays near
/// that of 256 terms, however many tokens are fed. The result is the same for every number of threads, not for every cutting into pieces.
/// </remarks>
public static unsafe class Gram
{
    /// <summary>gram (cols × cols) += XᵀX for X (tokens × cols). Gram must be symmetric on entry (its lower half is what counts) and is so on exit.</summary>
    public static void Accumulate(ReadOnlySpan<float> x, int tokens, int cols, int stride, Span<double> gram, int gramStride, int threads)
    {
        Shape.Require(x, tokens, cols, stride);
        Shape.Require<double>(gram, cols, cols, gramStride);
        fixed (float* px = x)
        fixed (double* pg = gram)
        {
            PackedProduct.Run(cols, cols, tokens, Lanes<float>.Left(px, stride, Operand.Transposed), Lanes<float>.Right(px, stride, Operand.Plain),
                new WideningTarget(pg, gramStride), lower: true, threads);
            Symmetric.MirrorLower(pg, cols, gramStride, threads);
        }
    }

    /// <summary>The same in float64 throughout: for the Gram WᵀW of weights, whose small differences decide the order of removal.</summary>
    public static void Accumulate(ReadOnlySpan<double> x, int tokens, int cols, int stride, Span<double> gram, int gramStride, int threads)
    {
        Shape.Require(x, tokens, cols, stride);
        Shape.Require<double>(gram, cols, cols, gramStride);
        fixed (double* px = x, pg = gram)
        {
            Product.Add(Operand.Transposed, Operand.Plain, cols, cols, tokens, 1.0, px, stride, px, stride, pg, gramStride, threads, lower: true);
            Symmetric.MirrorLower(pg, cols, gramStride, threads);
        }
    }

    /// <summary>moment (rows × cols) += YᵀX for Y (tokens × rows) and X (tokens × cols).</summary>
    public static void AccumulateCross(ReadOnlySpan<float> y, int rows, int yStride, ReadOnlySpan<float> x, int cols, int xStride, int tokens,
        Span<double> moment, int momentStride, int threads)
    {
        Shape.Require(y, tokens, rows, yStride);
        Shape.Require(x, tokens, cols, xStride);
        Shape.Require<double>(moment, rows, cols, momentStride);
        fixed (float* py = y, px = x)
        fixed (double* pm = moment)
            PackedProduct.Run(rows, cols, tokens, Lanes<float>.Left(py, yStride, Operand.Transposed), Lanes<float>.Right(px, xStride, Operand.Plain),
                new WideningTarget(pm, momentStride), lower: false, threads);
    }

    /// <summary>sum (cols) += Σ over tokens of X (tokens × cols), added in float64 token by token.</summary>
    public static void AccumulateSum(ReadOnlySpan<float> x, int tokens, int cols, int stride, Span<double> sum)
    {
        Shape.Require(x, tokens, cols, stride);
        Shape.Require<double>(sum, 1, cols, cols);
        for (var token = 0; token < tokens; token++)
        {
            var row = x.Slice(token * stride, cols);
            for (var col = 0; col < cols; col++)
                sum[col] += row[col];
        }
    }
}
