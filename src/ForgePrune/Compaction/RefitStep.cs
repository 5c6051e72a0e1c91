using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Compaction;

/// <summary>The final refit of one block.</summary>
/// <param name="Name">Named in errors: "layer 3 o_proj".</param>
/// <param name="Dense">The dense output projection (hidden × cols).</param>
/// <param name="Columns">Its columns that stay, ascending.</param>
/// <param name="Norm">Weights of the norm before the block (hidden).</param>
/// <param name="Epsilon">Of that norm.</param>
internal sealed record RefitStep(string Name, Projection Dense, int[] Columns, float[] Norm, double Epsilon)
{
    /// <summary>The map in front of the block; null where none is asked for, or where nothing was pruned before the block.</summary>
    public Matrix? Map(FinalRefitOptions options, ResidualStream dense, ResidualStream pruned) =>
        options.InputShare == 0 || ReferenceEquals(dense[0], pruned[0]) ? null : InputMap.Fit(dense, pruned, Norm, Epsilon, options.InputShare, Name);

    public TargetMoments Moments() => new(Dense.Weights.Rows, Columns.Length);

    /// <summary>Sums over one chunk.</summary>
    /// <param name="after">Dense residual after the block.</param>
    /// <param name="pruned">Pruned residual before the block.</param>
    /// <param name="there">The dense block's result on <paramref name="pruned"/>, behind its map, with inputs.</param>
    public void Collect(TargetMoments moments, FinalRefitOptions options, Activations after, Activations pruned, BlockResult there)
    {
        var share = (float)options.ResidualShare;
        var target = new Activations(after.Windows, after.Tokens, after.Width);
        for (var i = 0; i < target.Values.Length; i++)
        {
            var block = there.Output.Values[i] - pruned.Values[i];
            target.Values[i] = block + share * (after.Values[i] - pruned.Values[i] - block);
        }

        moments.Add(target, Kept(there.Inputs!));
    }

    public RefittedBlock Solve(TargetMoments moments, FinalRefitOptions options, Matrix? map)
    {
        var anchor = BlockSlice.Columns(Dense.Weights, Columns, 1);
        return Damping.Raise(Damping.Default, Name, (fraction, refused) =>
        {
            var problem = moments.Problem(anchor, Dense.Bias, fraction, options.Affine);
            try
            {
                var all = Enumerable.Range(0, Columns.Length).ToArray();
                return new RefittedBlock(problem.Solve(all), map, new Damping(fraction, problem.Hessian.Lambda, [.. refused]));
            }
            catch (NotPositiveDefiniteException)
            {
                return null;
            }
        });
    }

    private Activations Kept(Activations inputs)
    {
        if (inputs.Width == Columns.Length)
            return inputs;
        var kept = new Activations(inputs.Windows, inputs.Tokens, Columns.Length);
        Gather.Columns(inputs.Values, inputs.Rows, inputs.Width, inputs.Width, Columns, kept.Values, kept.Width);
        return kept;
    }
}
