using System.Numerics.Tensors;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Refit;

/// <summary>A map R (hidden × hidden) in front of a block's first projections: what enters them in the pruned network, R·n(x̂), comes close
/// to what they were trained on, n(x). It is folded into their weights, W·R, so it costs nothing at run time.</summary>
/// <param name="Damping">The damping that made the Hessian of the block's inputs positive definite.</param>
internal sealed record InputMap(Matrix Matrix, Damping Damping)
{
    /// <summary>The name, in messages, of the map of the block that ends in <paramref name="projection"/>.</summary>
    public static string NameBefore(string projection) => $"the input map before {projection}";

    /// <summary>Least squares over all tokens: R·n(x̂) ≈ n(x̂) + f·(n(x) − n(x̂)), pulled toward the identity.</summary>
    /// <param name="dense">Residual before the block in the dense network.</param>
    /// <param name="pruned">The same in the pruned network.</param>
    /// <param name="norm">Weights of the block's RMSNorm.</param>
    /// <param name="share">f in (0, 1].</param>
    /// <param name="fraction">The damping, as a fraction of the mean diagonal.</param>
    /// <param name="name">Named in errors.</param>
    public static InputMap Fit(
        ResidualStream dense, ResidualStream pruned, float[] norm, double epsilon, double share, double fraction, string name, IPruningDevice device)
    {
        var fits = Fits(dense, pruned, norm, epsilon, share, device);
        return Damping.Raise(fraction, name, fits);
    }

    /// <summary>The same for any damping: the moments are summed once.</summary>
    public static Func<double, IReadOnlyList<double>, InputMap> Fits(
        ResidualStream dense, ResidualStream pruned, float[] norm, double epsilon, double share, IPruningDevice device)
    {
        var hidden = dense[0].Width;
        using var sums = new MomentAccumulator(hidden, hidden, device);
        for (var chunk = 0; chunk < dense.Chunks; chunk++)
        {
            var (target, input) = Pair(dense[chunk], pruned[chunk], norm, epsilon, share, device.Threads);
            sums.Add(target, input);
        }

        var moments = sums.Finish();
        var identity = new Matrix(hidden, hidden);
        for (var i = 0; i < hidden; i++)
            identity.Row(i)[i] = 1;
        var all = Enumerable.Range(0, hidden).ToArray();
        var problems = moments.Problems(identity, null, affine: false);
        return (fraction, refused) =>
        {
            var problem = problems(fraction);
            return new InputMap(problem.Solve(all, device).Weights, new Damping(fraction, problem.Hessian.Lambda, [.. refused]));
        };
    }

    /// <summary>What the map should give, and what it reads.</summary>
    public static (Activations Target, Activations Input) Pair(
        Activations dense, Activations pruned, float[] norm, double epsilon, double share, int threads)
    {
        var (target, input) = (NormedStream.Of(dense, norm, epsilon, threads), NormedStream.Of(pruned, norm, epsilon, threads));
        TensorPrimitives.Lerp(input.Values, target.Values, (float)share, target.Values);
        return (target, input);
    }

    /// <summary>The block behind the map; null maps nothing.</summary>
    public static AttentionWeights Fold(AttentionWeights block, InputMap? map, int threads) => map is null ? block : block with
    {
        Query = Times(block.Query, map.Matrix, threads),
        Key = Times(block.Key, map.Matrix, threads),
        Value = Times(block.Value, map.Matrix, threads),
    };

    /// <inheritdoc cref="Fold(AttentionWeights, InputMap?, int)"/>
    public static MlpWeights Fold(MlpWeights block, InputMap? map, int threads) => map is null ? block : block with
    {
        Router = block.Router is { } router ? Times(router, map.Matrix, threads) : null,
        Gate = Times(block.Gate, map.Matrix, threads),
        Up = Times(block.Up, map.Matrix, threads),
    };

    private static Matrix Times(Matrix weights, Matrix map, int threads)
    {
        var folded = new Matrix(weights.Rows, map.Cols);
        Product.Multiply(
            Transpose.No, Transpose.No, weights.Rows, map.Cols, map.Rows, 1, weights.Values, weights.Cols, map.Values, map.Cols, 0, folded.Values, map.Cols,
                threads);
        return folded;
    }
}
