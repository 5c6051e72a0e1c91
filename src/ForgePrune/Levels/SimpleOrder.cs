using System.Numerics.Tensors;

namespace ForgePrune.Levels;

/// <summary>An order of removal that costs nothing: blocks of neighboring columns by Σ ‖w_j‖²·H_jj, the squared score of Wanda (Sun et al. 2024) summed over
/// a block.</summary>
internal static class SimpleOrder
{
    /// <summary>All columns, those removed last first; of equal blocks the lower index goes first.</summary>
    /// <param name="hessian">H; dead columns score 0.</param>
    /// <param name="wide">W, rows × columns.</param>
    /// <param name="width">Columns of a block.</param>
    public static int[] SurvivorsFirst(Hessian hessian, double[] wide, int rows, int width)
    {
        var cols = hessian.Cols;
        var squares = new double[cols];
        for (var row = 0; row < rows; row++)
        {
            var line = wide.AsSpan(row * cols, cols);
            TensorPrimitives.MultiplyAdd(line, line, squares, squares);
        }

        for (var col = 0; col < cols; col++)
            squares[col] *= hessian.Dead[col] ? 0 : hessian.Values[(long)col * cols + col];
        double[] scores = [.. Enumerable.Range(0, cols / width).Select(block => TensorPrimitives.Sum<double>(squares.AsSpan(block * width, width)))];
        return [.. ScoreLevels.Channels(scores).SurvivorsFirst().SelectMany(block => Enumerable.Range(block * width, width))];
    }
}
