using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests;

/// <summary>The closed form: Ŵ_K = W H_:,K (H_KK)⁻¹ and its error, with nothing shared with the code under test but the references.</summary>
internal static class LeastSquares
{
    /// <summary>Ŵ_K, rows × kept.</summary>
    public static double[] Refit(double[] h, double[] w, int rows, int n, int[] kept)
    {
        var k = kept.Length;
        double[] right = [.. Enumerable.Range(0, n).SelectMany(i => kept.Select(j => h[i * n + j]))];
        double[] part = [.. kept.SelectMany(i => kept.Select(j => h[i * n + j]))];
        var moment = Made.Multiply(Transpose.No, Transpose.No, rows, k, n, w, n, right, k);
        return Made.Multiply(Transpose.No, Transpose.No, rows, k, k, moment, k, Made.Inverse(part, k), k);
    }

    /// <summary>tr((Ŵ−W) H (Ŵ−W)ᵀ).</summary>
    public static double Error(double[] h, double[] w, int rows, int n, int[] kept)
    {
        var refit = Refit(h, w, rows, n, kept);
        double[] delta = [.. w.Select(x => -x)];
        for (var r = 0; r < rows; r++)
            for (var i = 0; i < kept.Length; i++)
                delta[r * n + kept[i]] += refit[r * kept.Length + i];
        return Energy(h, delta, rows, n);
    }

    /// <summary>tr(W H Wᵀ).</summary>
    public static double Energy(double[] h, double[] w, int rows, int n) =>
        Made.Multiply(Transpose.No, Transpose.No, rows, n, n, w, n, h, n).Zip(w, (x, y) => x * y).Sum();
}
