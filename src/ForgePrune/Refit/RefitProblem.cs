using ForgePrune.Calibration;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>Least squares for one output projection: with the columns K kept, Ŵ_K = M_:,K (H_KK)⁻¹.</summary>
/// <remarks>M = W·H with the damped H on both sides, so that λ pulls toward the original weights and not toward zero. Affine: H and M
/// are centered, and the bias is what the kept columns leave of the mean output.</remarks>
internal sealed class RefitProblem
{
    private readonly Lazy<double[]> moment;
    private readonly double[]? weights;

    /// <param name="moment">M (rows × cols).</param>
    public RefitProblem(Hessian hessian, double[] moment, int rows, RefitBias bias) =>
        (Hessian, this.moment, Rows, Bias) = (hessian, new(() => moment), rows, bias);

    /// <param name="weights">W (rows × cols), where M = W·H.</param>
    private RefitProblem(Hessian hessian, double[] weights, int rows, RefitBias bias, int threads)
    {
        (Hessian, this.weights, Rows, Bias) = (hessian, weights, rows, bias);
        moment = new(() =>
        {
            var made = LargeArray.Uninitialized<double>(weights.Length);
            var cols = hessian.Cols;
            Product.Multiply(Transpose.No, Transpose.No, rows, cols, cols, 1, weights, cols, hessian.Values, cols, 0, made, cols, threads);
            return made;
        });
    }

    public Hessian Hessian { get; }

    public int Rows { get; }

    /// <summary>The bias that goes with refitted weights.</summary>
    public RefitBias Bias { get; }

    /// <summary>With M, which is made of W when it is first asked for.</summary>
    public long Bytes => 8L * (Hessian.Values.Length + ((weights is null ? 1L : 2) * Rows * Hessian.Cols));

    /// <summary>The dense layer on its own inputs, from which levels are computed.</summary>
    public static RefitProblem OfDense(GramStatistics gram, Matrix weights, float[]? bias, double damping, bool affine, int threads)
    {
        var hessian = Hessian.From(gram, damping, affine, threads);
        var means = affine ? Means.OfDense(gram, weights, bias) : null;
        return new RefitProblem(hessian, WideWeights.Of(weights, threads), weights.Rows, new RefitBias(weights.Rows, bias, means), threads);
    }

    /// <summary>The factor for a chain of kept sets: every prefix of <paramref name="survivorsFirst"/>.</summary>
    /// <param name="device">The device that factorizes the Hessian.</param>
    public LevelFactor Factor(ReadOnlySpan<int> survivorsFirst, IPruningDevice device) =>
        weights is not null && survivorsFirst.Length == Hessian.Cols
            ? device.FactorOfWeights(Hessian.Values, Hessian.Cols, weights, Rows, survivorsFirst)
            : device.Factor(Hessian.Values, Hessian.Cols, moment.Value, Rows, survivorsFirst);

    /// <summary>The refitted projection over the given columns, in the given order.</summary>
    public Projection Solve(int[] columns, IPruningDevice device)
    {
        var fitted = new Matrix(Rows, columns.Length);
        Factor(columns, device).Refit(columns.Length, fitted.Values, columns.Length);
        return new Projection(fitted, Bias.Of(fitted, columns));
    }
}
