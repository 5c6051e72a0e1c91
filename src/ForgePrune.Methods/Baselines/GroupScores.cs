using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Methods.Baselines;

/// <summary>Baseline scores per prunable group: one per KV group (its K and V head with all its query heads) and one per FFN channel.
/// Low scores go first.</summary>
internal static class GroupScores
{
    /// <summary>L2 norm of all weights of each KV group, in q, k, v and o.</summary>
    public static double[] MagnitudeAttention(AttentionWeights attention, int threads)
    {
        var squares = new double[attention.KvHeads];
        AddRows(attention.Query, squares);
        AddRows(attention.Key, squares);
        AddRows(attention.Value, squares);
        AddColumns(attention.Output, squares, threads);
        return Roots(squares);
    }

    /// <summary>L2 norm of all weights of each channel, in gate, up and down.</summary>
    public static double[] MagnitudeMlp(MlpWeights mlp, int threads)
    {
        var squares = new double[mlp.Ffn];
        AddRows(mlp.Gate, squares);
        AddRows(mlp.Up, squares);
        AddColumns(mlp.Down, squares, threads);
        return Roots(squares);
    }

    /// <summary>Wanda-sp of o_proj, summed over each KV group's columns.</summary>
    /// <param name="meanSquare">E x_j² of the inputs of o_proj (queryHeads·headDim).</param>
    public static double[] WandaSpAttention(AttentionWeights attention, ReadOnlySpan<double> meanSquare, int threads) =>
        ColumnScores.SumGroups(ColumnScores.WandaSp(attention.Output, meanSquare, threads), attention.Output.Cols / attention.KvHeads);

    /// <summary>WIFV of o_proj, squared per column and summed over each KV group, as FLAP does for attention.</summary>
    /// <param name="variance">Var(x_j) of the inputs of o_proj (queryHeads·headDim).</param>
    public static double[] WifvAttention(AttentionWeights attention, ReadOnlySpan<double> variance, int threads)
    {
        var columns = ColumnScores.Wifv(attention.Output, variance, threads);
        for (var col = 0; col < columns.Length; col++)
            columns[col] *= columns[col];
        return ColumnScores.SumGroups(columns, attention.Output.Cols / attention.KvHeads);
    }

    private static void AddRows(Matrix weights, double[] squares)
    {
        var perGroup = weights.Rows / squares.Length;
        for (var row = 0; row < weights.Rows; row++)
        {
            foreach (var w in weights.Row(row))
                squares[row / perGroup] += (double)w * w;
        }
    }

    private static void AddColumns(Matrix weights, double[] squares, int threads)
    {
        var columns = new double[weights.Cols];
        ColumnSums.Squares(weights.Values, weights.Rows, weights.Cols, weights.Cols, columns, threads);
        var perGroup = weights.Cols / squares.Length;
        for (var col = 0; col < columns.Length; col++)
            squares[col / perGroup] += columns[col];
    }

    private static double[] Roots(double[] squares) => [.. squares.Select(Math.Sqrt)];
}
