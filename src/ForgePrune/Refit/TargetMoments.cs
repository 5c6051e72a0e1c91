using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>The moments of a least-squares fit from inputs x̂ to targets y: the Gram of x̂, Σ y x̂ᵀ (rows × cols) and Σ y.</summary>
/// <param name="weighed">Whether inputs and targets come times the factors of their tokens, and targets without the bias that stays.</param>
internal sealed class TargetMoments(int rows, int cols, int threads, bool weighed = false)
{
    private readonly double[] cross = LargeArray.Zeros<double>((long)rows * cols);
    private readonly double[] sums = new double[rows];

    public GramStatistics Inputs { get; } = new(cols);

    /// <param name="targets">tokens × rows.</param>
    /// <param name="inputs">tokens × cols.</param>
    public void Add(Activations targets, Activations inputs)
    {
        Inputs.Add(inputs, threads);
        Gram.AccumulateCross(targets.Values, rows, rows, inputs.Values, cols, cols, inputs.Rows, cross, cols, threads);
        Gram.AccumulateSum(targets.Values, targets.Rows, rows, rows, sums);
    }

    /// <summary>Least squares with the pull of λ toward <paramref name="anchor"/> (rows × cols).</summary>
    /// <param name="bias">The bias that stays where <paramref name="affine"/> is false.</param>
    public RefitProblem Problem(Matrix anchor, float[]? bias, double damping, bool affine)
    {
        if (weighed && affine)
            throw new InvalidOperationException("a bias is not fitted behind a norm");
        var hessian = Hessian.From(Inputs, damping, affine);
        var scale = 2.0 / Inputs.Tokens;
        var means = new Means(new double[cols], new double[rows]);
        for (var col = 0; col < cols; col++)
            means.Inputs[col] = Inputs.Mean(col);
        for (var row = 0; row < rows; row++)
            means.Outputs[row] = sums[row] / Inputs.Tokens;
        var moment = LargeArray.Uninitialized<double>(cross.Length);
        for (var row = 0; row < rows; row++)
        {
            // A fixed bias leaves y − b to be fitted; a free one leaves what varies around the means.
            var offset = weighed ? 0 : 2 * (affine ? means.Outputs[row] : bias?[row] ?? 0);
            for (var col = 0; col < cols; col++)
                moment[row * cols + col] = scale * cross[row * cols + col] - offset * means.Inputs[col] + hessian.Pull(col) * anchor.Row(row)[col];
        }

        return new RefitProblem(hessian, moment, rows, new RefitBias(rows, bias, affine ? means : null));
    }
}
