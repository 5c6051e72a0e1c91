using ForgePrune.Forward;
using ForgePrune.Kernels;

namespace ForgePrune.Calibration;

/// <summary>Everything that levels need from the inputs X (tokens × cols) of one output projection: XᵀX and the column sums.
/// Held in float64; tokens of different texts add up.</summary>
public sealed class GramStatistics
{
    public GramStatistics(int cols)
        : this(cols, 0, LargeArray.Zeros<double>((long)cols * cols), new double[cols])
    {
    }

    public GramStatistics(int cols, long tokens, double[] values, double[] sums)
    {
        if (values.Length != (long)cols * cols || sums.Length != cols)
            throw new ArgumentException($"{values.Length} values and {sums.Length} sums for {cols} columns", nameof(values));
        (Cols, Tokens, Values, Sums) = (cols, tokens, values, sums);
    }

    public int Cols { get; }

    /// <summary>Rows of X seen so far.</summary>
    public long Tokens { get; internal set; }

    /// <summary>XᵀX, full and symmetric (cols × cols, row-major).</summary>
    public double[] Values { get; }

    /// <summary>Σ x per column (cols).</summary>
    public double[] Sums { get; }

    /// <summary>Mean of column <paramref name="col"/>.</summary>
    public double Mean(int col) => Sums[col] / Tokens;

    /// <summary>Mean square of column <paramref name="col"/>: what Wanda weighs with.</summary>
    public double MeanSquare(int col) => Values[(long)col * Cols + col] / Tokens;

    /// <summary>Variance of column <paramref name="col"/> around its mean: what FLAP weighs with. Never negative.</summary>
    public double Variance(int col) => Math.Max(0, MeanSquare(col) - Mean(col) * Mean(col));

    /// <summary>Adds the rows of <paramref name="inputs"/>: products in float32 over 256 tokens, sums in float64.</summary>
    public void Add(Activations inputs, int threads)
    {
        Gram.Accumulate(inputs.Values, inputs.Rows, Cols, inputs.Width, Values, Cols, threads);
        Gram.AccumulateSum(inputs.Values, inputs.Rows, Cols, inputs.Width, Sums);
        Tokens += inputs.Rows;
    }

    /// <summary>Whether every column sum and square is a number: one bad activation spoils its whole column, so the diagonal tells.</summary>
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

    /// <summary>The statistics of both texts together: Gram of a union = sum of Grams.</summary>
    public static GramStatistics Merge(GramStatistics first, GramStatistics second)
    {
        if (first.Cols != second.Cols)
            throw new ArgumentException($"Grams of {first.Cols} and {second.Cols} columns do not add up", nameof(second));
        var merged = new GramStatistics(first.Cols) { Tokens = first.Tokens + second.Tokens };
        for (var i = 0; i < merged.Values.Length; i++)
            merged.Values[i] = first.Values[i] + second.Values[i];
        for (var i = 0; i < merged.Cols; i++)
            merged.Sums[i] = first.Sums[i] + second.Sums[i];
        return merged;
    }
}
