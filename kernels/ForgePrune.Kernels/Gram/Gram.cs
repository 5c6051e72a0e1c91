namespace ForgePrune.Kernels;

/// <summary>Streamed second moments of activations. All calls add to what is there, so a calibration set may be fed in any pieces.</summary>
/// <remarks>
/// Float32 input is multiplied in float32 over blocks of 256 tokens, and the blocks are summed in float64: the relative error of an element stays near
/// that of 256 terms, however many tokens are fed. The result is the same for every number of threads, not for every cutting into pieces.
/// </remarks>
public static unsafe class Gram
{
    /// <summary>Adds XᵀX to a Gram, in float32 over blocks of 256 tokens that are summed in float64.</summary>
    /// <param name="x">X, tokens × cols, row-major.</param>
    /// <param name="tokens">Rows of X.</param>
    /// <param name="cols">Columns of X; rows and columns of the Gram.</param>
    /// <param name="stride">Elements from one row of X to the next.</param>
    /// <param name="gram">Gram, cols × cols, row-major. Symmetric on entry, where its lower half alone is read, and on return.</param>
    /// <param name="gramStride">Elements from one row of the Gram to the next.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape, or a stride is below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static void Accumulate(ReadOnlySpan<float> x, int tokens, int cols, int stride, LongSpan<double> gram, int gramStride, int threads)
    {
        Shape.Require(x, tokens, cols, stride);
        Shape.Require<double>(gram, cols, cols, gramStride);
        fixed (float* px = x)
        fixed (double* pg = gram)
        {
            PackedProduct.Run(cols, cols, tokens, Lanes<float>.Left(px, stride, Transpose.Yes), Lanes<float>.Right(px, stride, Transpose.No),
                new WideningTarget(pg, gramStride), lower: true, threads);
            Symmetric.MirrorLower(pg, cols, gramStride, threads);
        }
    }

    /// <summary>Adds XᵀX to a Gram in float64 throughout: for the Gram WᵀW of weights, whose small differences decide the order of removal.</summary>
    /// <param name="x">X, tokens × cols, row-major.</param>
    /// <param name="tokens">Rows of X.</param>
    /// <param name="cols">Columns of X; rows and columns of the Gram.</param>
    /// <param name="stride">Elements from one row of X to the next.</param>
    /// <param name="gram">Gram, cols × cols, row-major. Symmetric on entry, where its lower half alone is read, and on return.</param>
    /// <param name="gramStride">Elements from one row of the Gram to the next.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape, or a stride is below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static void Accumulate(ReadOnlySpan<double> x, int tokens, int cols, int stride, LongSpan<double> gram, int gramStride, int threads)
    {
        Shape.Require(x, tokens, cols, stride);
        Shape.Require<double>(gram, cols, cols, gramStride);
        fixed (double* px = x, pg = gram)
        {
            Product.Add(Transpose.Yes, Transpose.No, cols, cols, tokens, 1.0, px, stride, px, stride, pg, gramStride, threads, lower: true);
            Symmetric.MirrorLower(pg, cols, gramStride, threads);
        }
    }

    /// <summary>Adds the cross moment YᵀX to a matrix.</summary>
    /// <param name="y">Y, tokens × rows, row-major.</param>
    /// <param name="rows">Columns of Y; rows of the moment.</param>
    /// <param name="yStride">Elements from one row of Y to the next.</param>
    /// <param name="x">X, tokens × cols, row-major.</param>
    /// <param name="cols">Columns of X and of the moment.</param>
    /// <param name="xStride">Elements from one row of X to the next.</param>
    /// <param name="tokens">Rows of X and of Y.</param>
    /// <param name="moment">Moment, rows × cols, row-major; added to.</param>
    /// <param name="momentStride">Elements from one row of the moment to the next.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape, or a stride is below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static void AccumulateCross(ReadOnlySpan<float> y, int rows, int yStride, ReadOnlySpan<float> x, int cols, int xStride, int tokens,
        Span<double> moment, int momentStride, int threads)
    {
        Shape.Require(y, tokens, rows, yStride);
        Shape.Require(x, tokens, cols, xStride);
        Shape.Require<double>(moment, rows, cols, momentStride);
        fixed (float* py = y, px = x)
        fixed (double* pm = moment)
            PackedProduct.Run(rows, cols, tokens, Lanes<float>.Left(py, yStride, Transpose.Yes), Lanes<float>.Right(px, xStride, Transpose.No),
                new WideningTarget(pm, momentStride), lower: false, threads);
    }

    /// <summary>Adds the sum of the rows of X to a vector, token by token in float64.</summary>
    /// <param name="x">X, tokens × cols, row-major.</param>
    /// <param name="tokens">Rows of X.</param>
    /// <param name="cols">Columns of X.</param>
    /// <param name="stride">Elements from one row of X to the next.</param>
    /// <param name="sum">Sum, cols elements; added to.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape, or a stride is below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent is negative.</exception>
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
