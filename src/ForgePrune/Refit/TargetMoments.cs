using System.Numerics.Tensors;
using ForgePrune.Calibration;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>The moments of a least-squares fit from inputs x̂ to targets y.</summary>
/// <param name="cross">Σ y x̂ᵀ (rows × cols).</param>
/// <param name="sums">Σ y.</param>
/// <param name="weighed">Whether inputs and targets came times the factors of their tokens, and targets without the bias that stays.</param>
/// <param name="threads">What is made of the moments does not depend on it.</param>
internal sealed class TargetMoments(GramStatistics inputs, double[] cross, double[] sums, bool weighed, int threads)
{
    private readonly int rows = sums.Length, cols = inputs.Cols;

    /// <summary>The Gram of x̂ and its sums.</summary>
    public GramStatistics Inputs => inputs;

    /// <summary>Least squares with the pull of λ toward <paramref name="anchor"/> (rows × cols).</summary>
    /// <param name="bias">The bias that stays where <paramref name="affine"/> is false.</param>
    public RefitProblem Problem(Matrix anchor, float[]? bias, double damping, bool affine) =>
        Problems(anchor, bias, affine)(damping);

    /// <summary>The same for any damping. All problems share one Hessian, so that each ends the one before it.</summary>
    public Func<double, RefitProblem> Problems(Matrix anchor, float[]? bias, bool affine)
    {
        if (weighed && affine)
            throw new InvalidOperationException("a bias is not fitted behind a norm");
        var hessian = Hessian.From(Inputs, 0, affine, threads);
        var scale = 2.0 / Inputs.Tokens;
        var means = new Means(new double[cols], new double[rows]);
        for (var col = 0; col < cols; col++)
            means.Inputs[col] = Inputs.Mean(col);
        for (var row = 0; row < rows; row++)
            means.Outputs[row] = sums[row] / Inputs.Tokens;
        return damping =>
        {
            hessian.Damp(damping);
            double[] pulls = [.. Enumerable.Range(0, cols).Select(hessian.Pull)];
            var moment = LargeArray.Uninitialized<double>(cross.Length);
            Workers.For(rows, threads, row =>
            {
                // A fixed bias leaves y − b to be fitted; a free one leaves what varies around the means.
                var offset = weighed ? 0 : 2 * (affine ? means.Outputs[row] : bias?[row] ?? 0);
                Span<double> to = moment.AsSpan(row * cols, cols), term = new double[cols];
                TensorPrimitives.Multiply(cross.AsSpan(row * cols, cols), scale, to);
                TensorPrimitives.Multiply(means.Inputs, offset, term);
                TensorPrimitives.Subtract(to, term, to);
                TensorPrimitives.ConvertChecked<float, double>(anchor.Row(row), term);
                TensorPrimitives.Multiply(term, pulls, term);
                TensorPrimitives.Add(to, term, to);
            });
            return new RefitProblem(hessian, moment, rows, new RefitBias(rows, bias, affine ? means : null));
        };
    }
}
