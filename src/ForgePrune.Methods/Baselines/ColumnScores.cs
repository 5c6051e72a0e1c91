using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Methods.Baselines;

/// <summary>Scores of the input columns of an output projection (o_proj or down_proj) from its weights and statistics of its inputs.
/// Low scores go first. Sums in float64.</summary>
internal static class ColumnScores
{
    /// <summary>Wanda-sp: mean over rows of |W_ij| · √E x_j².</summary>
    /// <param name="weights">rows × cols.</param>
    /// <param name="meanSquare">E x_j² per column; the diagonal of an undamped Gram over tokens.</param>
    public static double[] WandaSp(Matrix weights, ReadOnlySpan<double> meanSquare, int threads)
    {
        var scores = new double[weights.Cols];
        ColumnSums.Absolute(weights.Values, weights.Rows, weights.Cols, weights.Cols, scores, threads);
        RequireOnePerColumn(weights, meanSquare.Length);
        for (var col = 0; col < scores.Length; col++)
            scores[col] = scores[col] / weights.Rows * Math.Sqrt(meanSquare[col]);
        return scores;
    }

    /// <summary>FLAP's WIFV (weighted input feature variance): Var(x_j) · ‖W_:,j‖².</summary>
    /// <param name="weights">rows × cols.</param>
    /// <param name="variance">Var(x_j) per column, population form.</param>
    public static double[] Wifv(Matrix weights, ReadOnlySpan<double> variance, int threads)
    {
        var scores = new double[weights.Cols];
        ColumnSums.Squares(weights.Values, weights.Rows, weights.Cols, weights.Cols, scores, threads);
        RequireOnePerColumn(weights, variance.Length);
        for (var col = 0; col < scores.Length; col++)
            scores[col] *= variance[col];
        return scores;
    }

    /// <summary>Adds up equal runs of columns: one score per head or KV group.</summary>
    public static double[] SumGroups(ReadOnlySpan<double> columns, int columnsPerGroup)
    {
        if (columnsPerGroup <= 0 || columns.Length % columnsPerGroup != 0)
            throw new ArgumentException($"{columns.Length} columns do not fill groups of {columnsPerGroup}", nameof(columnsPerGroup));
        var groups = new double[columns.Length / columnsPerGroup];
        for (var col = 0; col < columns.Length; col++)
            groups[col / columnsPerGroup] += columns[col];
        return groups;
    }

    private static void RequireOnePerColumn(Matrix weights, int count)
    {
        if (count != weights.Cols)
            throw new ArgumentException($"{count} statistics for {weights.Cols} columns");
    }
}
