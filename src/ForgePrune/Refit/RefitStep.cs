using System.Numerics.Tensors;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;

namespace ForgePrune.Refit;

/// <summary>The final refit of one block.</summary>
/// <param name="Name">Named in errors: "layer 3 o_proj".</param>
/// <param name="Dense">The dense output projection (hidden × cols).</param>
/// <param name="Columns">Its columns that stay, ascending; null where the whole block went.</param>
/// <param name="Norm">Weights of the norm before the block (hidden).</param>
/// <param name="Epsilon">The ε of that norm.</param>
internal sealed record RefitStep(string Name, Projection Dense, int[]? Columns, float[] Norm, double Epsilon)
{
    public static string AttentionName(int layer) => $"layer {layer} o_proj";

    public static string MlpName(int layer) => $"layer {layer} down_proj";

    /// <summary>The weights that the block's level has by itself; null where no block can choose them.</summary>
    public Func<Projection>? Level { get; init; }

    /// <summary>Whether the block keeps the weights that it has, without a map in front: a block of experts, whose inputs change with the routing.</summary>
    public bool Keeps { get; init; }

    /// <summary>The kept columns of the dense projection.</summary>
    public Projection Kept() => new(BlockSlice.Columns(Dense.Weights, Columns!, 1), Dense.Bias);

    /// <summary>Whether a map in front of the block is of use: not where none is asked for, nor where nothing was pruned before the block.</summary>
    public static bool IsMapped(FinalRefitOptions options, ResidualStream dense, ResidualStream pruned) =>
        options.InputShare != 0 && !ReferenceEquals(dense[0], pruned[0]);

    /// <summary>The target of the output projection over one chunk, in the projection's own unit: what it adds, before the model scales it.</summary>
    /// <param name="after">Dense residual after the block.</param>
    /// <param name="pruned">Pruned residual before the block.</param>
    /// <param name="there">The dense block's result on <paramref name="pruned"/>, behind its map.</param>
    /// <param name="scale">The factor of what a block adds to the stream.</param>
    public static Activations Target(FinalRefitOptions options, Activations after, Activations pruned, BlockResult there, double scale)
    {
        var share = (float)options.ResidualShare;
        var target = new Activations(after.Windows, after.Tokens, after.Width);
        for (var i = 0; i < target.Values.Length; i++)
        {
            var block = there.Output.Values[i] - pruned.Values[i];
            target.Values[i] = block + share * (after.Values[i] - pruned.Values[i] - block);
        }

        if (scale != 1)
            TensorPrimitives.Multiply(target.Values, (float)(1 / scale), target.Values);

        return target;
    }

    /// <summary>Least squares at a damping.</summary>
    public (Projection Output, Damping Damping) Solve(
        TargetMoments moments, FinalRefitOptions options, double fraction, IReadOnlyList<double> refused, IPruningDevice device)
    {
        var problem = moments.Problem(Dense.Weights, Dense.Bias, fraction, options.Affine);
        return (problem.Solve(Columns!, device), new Damping(fraction, problem.Hessian.Lambda, [.. refused]));
    }
}
