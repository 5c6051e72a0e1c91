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
    /// <summary>A weight of a norm is negligible below this part of its largest.</summary>
    private const float NegligibleWeight = 1e-3f;

    public static string AttentionName(int layer) => $"layer {layer} o_proj";

    public static string MlpName(int layer) => $"layer {layer} down_proj";

    /// <summary>The weights of the norm behind the projection; null for none.</summary>
    public float[]? PostNorm { get; init; }

    /// <summary>The weights that the block's level has by itself; null where no block can choose them.</summary>
    public Func<Projection>? Level { get; init; }

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
    public static Activations Target(FinalRefitOptions options, Activations after, Activations pruned, BlockResult there, double scale, int threads)
    {
        var share = (float)options.ResidualShare;
        var target = new Activations(after.Windows, after.Tokens, after.Width);
        Workers.For(target.Rows, threads, row =>
        {
            for (var i = row * target.Width; i < (row + 1) * target.Width; i++)
            {
                var block = there.Output.Values[i] - pruned.Values[i];
                target.Values[i] = block + share * (after.Values[i] - pruned.Values[i] - block);
            }
        });
        if (scale != 1)
            TensorPrimitives.Multiply(target.Values, (float)(1 / scale), target.Values);

        return target;
    }

    /// <summary>What the projection is fitted from and to over one chunk.</summary>
    /// <inheritdoc cref="Target"/>
    public (Activations Target, Activations Inputs) Pair(
        FinalRefitOptions options, Activations after, Activations pruned, BlockResult there, double scale, int threads)
    {
        if (PostNorm is null)
            return (Target(options, after, pruned, there, scale, threads), there.Inputs!);
        var scales = new float[there.Inputs!.Rows];
        var target = OutputNorm.Normed(there.Inputs, Dense.Weights, Dense.Bias, Epsilon, scales, threads);
        // What each element is to move by before it meets the norm's weight. One that the norm all but silences cannot be moved.
        var least = NegligibleWeight * TensorPrimitives.MaxMagnitude<float>(PostNorm);
        float[] inverse = Array.ConvertAll(PostNorm, weight => Math.Abs(weight) > Math.Abs(least) ? (float)(options.ResidualShare / (scale * weight)) : 0);
        Workers.For(target.Rows, threads, row =>
        {
            int start = row * target.Width, width = target.Width;
            var moved = new float[width];
            for (var i = 0; i < width; i++)
                moved[i] = inverse[i] * (after.Values[start + i] - there.Output.Values[start + i]);
            // The norm takes back what lies along its output.
            var normed = target.Values.AsSpan(start, width);
            var along = TensorPrimitives.Dot<float>(normed, moved) / width;
            for (var i = 0; i < width; i++)
                normed[i] += moved[i] - (along * normed[i]) - (scales[row] * (Dense.Bias?[i] ?? 0));
        });
        OutputNorm.Weigh(there.Inputs, scales);
        return (target, there.Inputs);
    }

    /// <summary>Least squares at any damping, told which were refused before it.</summary>
    public Func<double, IReadOnlyList<double>, (Projection Output, Damping Damping)> Fits(
        TargetMoments moments, FinalRefitOptions options, IPruningDevice device)
    {
        var problems = moments.Problems(Dense.Weights, Dense.Bias, options.Affine);
        return (fraction, refused) =>
        {
            var problem = problems(fraction);
            return (problem.Solve(Columns!, device), new Damping(fraction, problem.Hessian.Lambda, [.. refused]));
        };
    }
}
