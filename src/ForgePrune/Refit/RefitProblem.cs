using System.Numerics.Tensors;
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
    private readonly double[] moment;
    private readonly float[]? fixedBias;
    private readonly Means? means;

    /// <param name="moment">M (rows × cols).</param>
    /// <param name="fixedBias">The bias to keep where <paramref name="means"/> is null.</param>
    /// <param name="means">Mean inputs and mean outputs, bias included; given where the bias is to be found too.</param>
    public RefitProblem(Hessian hessian, double[] moment, int rows, float[]? fixedBias, Means? means) =>
        (Hessian, this.moment, Rows, this.fixedBias, this.means) = (hessian, moment, rows, fixedBias, means);

    public Hessian Hessian { get; }

    public int Rows { get; }

    public long Bytes => 8L * (Hessian.Values.Length + moment.Length);

    /// <summary>The dense layer on its own inputs, from which levels are computed.</summary>
    public static RefitProblem OfDense(GramStatistics gram, Matrix weights, float[]? bias, double damping, bool affine, int threads)
    {
        var hessian = Hessian.From(gram, damping, affine);
        var wide = LargeArray.Uninitialized<double>(weights.Values.Length);
        TensorPrimitives.ConvertChecked<float, double>(weights.Values, wide);
        var moment = LargeArray.Uninitialized<double>(wide.Length);
        var cols = weights.Cols;
        Product.Multiply(Transpose.No, Transpose.No, weights.Rows, cols, cols, 1, wide, cols, hessian.Values, cols, 0, moment, cols, threads);
        return new RefitProblem(hessian, moment, weights.Rows, bias, affine ? Means.OfDense(gram, weights, bias) : null);
    }

    /// <summary>The factor for a chain of kept sets: every prefix of <paramref name="survivorsFirst"/>.</summary>
    /// <param name="device">The device that factorizes the Hessian.</param>
    public LevelFactor Factor(ReadOnlySpan<int> survivorsFirst, IPruningDevice device) =>
        device.Factor(Hessian.Values, Hessian.Cols, moment, Rows, survivorsFirst);

    /// <summary>The refitted projection over the given columns, in the given order.</summary>
    public Projection Solve(int[] columns, IPruningDevice device)
    {
        var weights = new Matrix(Rows, columns.Length);
        Factor(columns, device).Refit(columns.Length, weights.Values, columns.Length);
        return new Projection(weights, Bias(weights, columns));
    }

    /// <summary>The bias that goes with weights over <paramref name="columns"/>.</summary>
    public float[]? Bias(Matrix weights, IReadOnlyList<int> columns)
    {
        if (means is null)
            return fixedBias;
        var bias = new float[Rows];
        for (var row = 0; row < Rows; row++)
        {
            var sum = means.Outputs[row];
            for (var i = 0; i < columns.Count; i++)
                sum -= weights.Row(row)[i] * means.Inputs[columns[i]];
            bias[row] = (float)sum;
        }

        return bias;
    }
}
