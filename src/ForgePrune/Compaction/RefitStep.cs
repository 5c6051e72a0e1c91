using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Compaction;

/// <summary>The final refit of one output projection.</summary>
/// <param name="Name">Named in errors: "layer 3 o_proj".</param>
/// <param name="Dense">The dense projection (hidden × cols).</param>
/// <param name="Current">The projection of the pruned model (hidden × kept columns).</param>
/// <param name="Kept">Units that the pruned model keeps, ascending.</param>
/// <param name="Width">Columns of one unit: headDim, or 1 for channels.</param>
/// <param name="Choose">Chooses as many units anew, by greedy removal from the given dense weights.</param>
internal sealed record RefitStep(
    string Name, Matrix Dense, Projection Current, IReadOnlyList<int> Kept, int Width, Func<Hessian, double[], Damping, int[]> Choose)
{
    /// <summary>Sums over one chunk: the dense block runs where the pruned network stands, so all columns are there to choose from.</summary>
    /// <param name="before">Dense residual before the block.</param>
    /// <param name="after">Dense residual after the block.</param>
    /// <param name="pruned">Pruned residual before the block.</param>
    /// <param name="there">The dense block's result on <paramref name="pruned"/>, with inputs.</param>
    public static void Collect(TargetMoments moments, FinalRefitOptions options, Activations before, Activations after, Activations pruned, BlockResult there)
    {
        var share = (float)options.ResidualShare;
        var target = new Activations(after.Windows, after.Tokens, after.Width);
        for (var i = 0; i < target.Values.Length; i++)
        {
            var stream = after.Values[i] - pruned.Values[i];
            var block = options.Target == RefitTarget.DenseInputs ? after.Values[i] - before.Values[i] : there.Output.Values[i] - pruned.Values[i];
            target.Values[i] = block + share * (stream - block);
        }

        moments.Add(target, there.Inputs!);
    }

    public RefittedBlock Solve(TargetMoments moments, FinalRefitOptions options) => Damping.Raise(options.Damping, Name, (fraction, refused) =>
    {
        var problem = moments.Problem(Anchor(options.Anchor), Current.Bias, fraction, options.Affine);
        var damping = new Damping(fraction, problem.Hessian.Lambda, [.. refused]);
        try
        {
            var kept = options.Reselect ? Choose(problem.Hessian, Unpruned(problem), damping) : Kept.ToArray();
            return new RefittedBlock(kept, problem.Solve(BlockSlice.Indices(kept, Width)), damping);
        }
        catch (NotPositiveDefiniteException)
        {
            return null;
        }
    });

    private Matrix Anchor(RefitAnchor anchor)
    {
        if (anchor == RefitAnchor.DenseWeights)
            return Dense;
        var weights = new Matrix(Dense.Rows, Dense.Cols, (float[])Dense.Values.Clone());
        var columns = BlockSlice.Indices(Kept, Width);
        for (var row = 0; row < weights.Rows; row++)
            for (var i = 0; i < columns.Length; i++)
                weights.Row(row)[columns[i]] = Current.Weights.Row(row)[i];
        return weights;
    }

    /// <summary>W* = M H⁻¹: the best weights with every column there.</summary>
    private static double[] Unpruned(RefitProblem problem)
    {
        var cols = problem.Hessian.Cols;
        var weights = new double[checked(problem.Rows * cols)];
        problem.Factor(Enumerable.Range(0, cols).ToArray()).Refit(cols, weights, cols);
        return weights;
    }
}
