using ForgePrune.Calibration;
using ForgePrune.Model;

namespace ForgePrune.Tests.Levels;

/// <summary>The refit and its loss straight from their definitions, with Gauss–Jordan elimination in float64.</summary>
internal sealed class PlainLeastSquares
{
    private readonly double[,] hessian;
    private readonly double[,] weights;
    private readonly int rows;
    private readonly int cols;

    public PlainLeastSquares(GramStatistics gram, Matrix w, double lambda)
    {
        (rows, cols) = (w.Rows, w.Cols);
        hessian = new double[cols, cols];
        for (var i = 0; i < cols; i++)
            for (var j = 0; j < cols; j++)
                hessian[i, j] = 2 * gram.Values[i * cols + j] / gram.Tokens + (i == j ? lambda : 0);
        weights = new double[rows, cols];
        for (var i = 0; i < rows; i++)
            for (var j = 0; j < cols; j++)
                weights[i, j] = w.Row(i)[j];
    }

    /// <summary>Mean of the diagonal of (2/tokens)·XᵀX.</summary>
    public static double MeanDiagonal(GramStatistics gram) =>
        Enumerable.Range(0, gram.Cols).Average(i => 2 * gram.Values[i * gram.Cols + i] / gram.Tokens);

    /// <summary>Ŵ_K = W H_:,K (H_KK)⁻¹ (rows × kept).</summary>
    public double[,] Refit(IReadOnlyList<int> kept)
    {
        // Solve H_KK · Z = H_K,: Wᵀ; Ŵ_K = Zᵀ.
        var k = kept.Count;
        var system = new double[k, k + rows];
        for (var i = 0; i < k; i++)
        {
            for (var j = 0; j < k; j++)
                system[i, j] = hessian[kept[i], kept[j]];
            for (var row = 0; row < rows; row++)
                for (var j = 0; j < cols; j++)
                    system[i, k + row] += weights[row, j] * hessian[j, kept[i]];
        }

        for (var pivot = 0; pivot < k; pivot++)
            for (var i = 0; i < k; i++)
            {
                if (i == pivot)
                    continue;
                var factor = system[i, pivot] / system[pivot, pivot];
                for (var j = pivot; j < k + rows; j++)
                    system[i, j] -= factor * system[pivot, j];
            }

        var refit = new double[rows, k];
        for (var row = 0; row < rows; row++)
            for (var i = 0; i < k; i++)
                refit[row, i] = system[i, k + row] / system[i, i];
        return refit;
    }

    /// <summary>½·tr(D H Dᵀ) of the refit on <paramref name="kept"/>.</summary>
    public double Loss(IReadOnlyList<int> kept) => Loss(kept, Refit(kept));

    /// <summary>½·tr(D H Dᵀ) of any weights on <paramref name="kept"/>.</summary>
    public double Loss(IReadOnlyList<int> kept, double[,] refit)
    {
        var difference = new double[rows, cols];
        for (var row = 0; row < rows; row++)
        {
            for (var j = 0; j < cols; j++)
                difference[row, j] = -weights[row, j];
            for (var i = 0; i < kept.Count; i++)
                difference[row, kept[i]] += refit[row, i];
        }

        var sum = 0.0;
        for (var row = 0; row < rows; row++)
            for (var i = 0; i < cols; i++)
                for (var j = 0; j < cols; j++)
                    sum += difference[row, i] * hessian[i, j] * difference[row, j];
        return sum / 2;
    }
}
