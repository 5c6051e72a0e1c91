using System.Numerics.Tensors;
using ForgePrune.Forward;
using ForgePrune.Kernels;

namespace ForgePrune.Calibration;

/// <summary>The second moments of the inputs X (tokens × cols) of one output projection: the Gram XᵀX and the column sums, both in float64.
/// Statistics of different texts add up.</summary>
/// <remarks>The Gram is the Hessian of the layer-wise squared error up to a factor (Optimal Brain Surgeon, Hassibi and Stork 1993; per layer as in
/// Optimal Brain Compression, Frantar and Alistarh 2022).</remarks>
public sealed class GramStatistics
{
    /// <summary>Statistics of no tokens.</summary>
    public GramStatistics(int cols)
        : this(cols, 0, LargeArray.ZerosLong<double>((long)cols * cols), new double[cols])
    {
    }

    /// <summary>Statistics that were computed before. The arrays are kept, not copied.</summary>
    /// <param name="cols">The number of input columns.</param>
    /// <param name="tokens">The number of tokens behind the sums.</param>
    /// <param name="values">XᵀX, cols × cols, row-major, full and symmetric.</param>
    /// <param name="sums">The sum of each column, cols values.</param>
    /// <exception cref="ArgumentException">An array has the wrong length.</exception>
    public GramStatistics(int cols, long tokens, LongArray<double> values, double[] sums)
    {
        if (values.Length != (long)cols * cols || sums.Length != cols)
            throw new ArgumentException($"{values.Length} values and {sums.Length} sums for {cols} columns", nameof(values));
        (Cols, Tokens, Values, Sums) = (cols, tokens, values, sums);
    }

    /// <summary>Statistics that were computed before, in plain arrays.</summary>
    /// <inheritdoc cref="GramStatistics(int, long, LongArray{double}, double[])"/>
    public GramStatistics(int cols, long tokens, double[] values, double[] sums)
        : this(cols, tokens, (LongArray<double>)values, sums)
    {
    }

    /// <summary>The number of input columns: queryHeads·headDim for o_proj, the FFN width for down_proj.</summary>
    public int Cols { get; }

    /// <summary>The number of tokens (rows of X) that were added so far.</summary>
    public long Tokens { get; internal set; }

    /// <summary>XᵀX, full and symmetric (cols × cols, row-major).</summary>
    public LongArray<double> Values { get; }

    /// <summary>The sum of each column of X; <see cref="Cols"/> values.</summary>
    public double[] Sums { get; }

    /// <summary>One row of XᵀX.</summary>
    internal Span<double> Row(int row) => Values.AsLongSpan().Span((long)row * Cols, Cols);

    /// <summary>The mean of column <paramref name="col"/> over all tokens; NaN where there are no tokens.</summary>
    public double Mean(int col) => Sums[col] / Tokens;

    /// <summary>The mean square of column <paramref name="col"/> over all tokens. Its square root is, up to a constant, the input norm ‖X_j‖₂ of
    /// Wanda (Sun et al. 2024).</summary>
    public double MeanSquare(int col) => Values[(long)col * Cols + col] / Tokens;

    /// <summary>The variance of column <paramref name="col"/> around its mean: the fluctuation that FLAP weighs with (An et al. 2024).
    /// Rounding never makes it negative.</summary>
    public double Variance(int col) => Math.Max(0, MeanSquare(col) - Mean(col) * Mean(col));

    /// <summary>Adds the rows of <paramref name="inputs"/>. Products are summed in float32 over 256 tokens, and those sums in float64.</summary>
    /// <param name="inputs">Inputs of the projection, rows × <see cref="Cols"/>.</param>
    /// <param name="threads">The largest number of threads to use; the result is the same for every number.</param>
    public void Add(Activations inputs, int threads)
    {
        Gram.Accumulate(inputs.Values, inputs.Rows, Cols, inputs.Width, Values, Cols, threads);
        Gram.AccumulateSum(inputs.Values, inputs.Rows, Cols, inputs.Width, Sums);
        Tokens += inputs.Rows;
    }

    /// <summary>Whether all sums are finite. A value that is not makes the diagonal element of its column infinite or NaN, so the diagonal is
    /// enough.</summary>
    internal bool IsFinite
    {
        get
        {
            for (var col = 0; col < Cols; col++)
                if (!double.IsFinite(Values[(long)col * Cols + col]) || !double.IsFinite(Sums[col]))
                    return false;
            return true;
        }
    }

    /// <summary>The statistics of both texts together: the Gram of a concatenation is the sum of the Grams.</summary>
    /// <exception cref="ArgumentException">The numbers of columns differ.</exception>
    public static GramStatistics Merge(GramStatistics first, GramStatistics second)
    {
        if (first.Cols != second.Cols)
            throw new ArgumentException($"Grams of {first.Cols} and {second.Cols} columns do not add up", nameof(second));
        var merged = new GramStatistics(first.Cols) { Tokens = first.Tokens + second.Tokens };
        for (var row = 0; row < merged.Cols; row++)
            TensorPrimitives.Add<double>(first.Row(row), second.Row(row), merged.Row(row));
        for (var i = 0; i < merged.Cols; i++)
            merged.Sums[i] = first.Sums[i] + second.Sums[i];
        return merged;
    }
}
