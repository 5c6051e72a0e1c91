using System.Numerics.Tensors;
using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Compaction;

/// <summary>A map R (hidden × hidden) in front of a block's first projections: what enters them in the pruned network, R·n(x̂), comes close
/// to what they were trained on, n(x). It is folded into their weights, W·R, so it costs nothing at run time.</summary>
internal static class InputMap
{
    /// <summary>Least squares over all tokens: R·n(x̂) ≈ n(x̂) + f·(n(x) − n(x̂)), pulled towards the identity.</summary>
    /// <param name="dense">Residual before the block in the dense network.</param>
    /// <param name="pruned">The same in the pruned network.</param>
    /// <param name="norm">Weights of the block's RMSNorm.</param>
    /// <param name="share">f in (0, 1].</param>
    /// <param name="name">Named in errors: "layer 3 attention".</param>
    public static Matrix Fit(ResidualStream dense, ResidualStream pruned, float[] norm, double epsilon, double share, string name)
    {
        var hidden = norm.Length;
        var moments = new TargetMoments(hidden, hidden);
        for (var chunk = 0; chunk < dense.Chunks; chunk++)
        {
            var (target, input) = (NormedStream.Of(dense[chunk], norm, epsilon), NormedStream.Of(pruned[chunk], norm, epsilon));
            TensorPrimitives.Lerp(input.Values, target.Values, (float)share, target.Values);
            moments.Add(target, input);
        }

        var identity = new Matrix(hidden, hidden);
        for (var i = 0; i < hidden; i++)
            identity.Row(i)[i] = 1;
        var all = Enumerable.Range(0, hidden).ToArray();
        return Damping.Raise(Damping.Default, name, (fraction, _) =>
        {
            try
            {
                return moments.Problem(identity, null, fraction, affine: false).Solve(all).Weights;
            }
            catch (NotPositiveDefiniteException)
            {
                return null;
            }
        });
    }

    /// <summary>The block behind the map; null maps nothing.</summary>
    public static AttentionWeights Fold(AttentionWeights block, Matrix? map) => map is null ? block : block with
    {
        Query = Times(block.Query, map),
        Key = Times(block.Key, map),
        Value = Times(block.Value, map),
    };

    /// <inheritdoc cref="Fold(AttentionWeights, Matrix?)"/>
    public static MlpWeights Fold(MlpWeights block, Matrix? map) => map is null ? block : block with { Gate = Times(block.Gate, map), Up = Times(block.Up, map) };

    private static Matrix Times(Matrix weights, Matrix map)
    {
        var folded = new Matrix(weights.Rows, map.Cols);
        Product.Multiply(Operand.Plain, Operand.Plain, weights.Rows, map.Cols, map.Rows, 1, weights.Values, weights.Cols, map.Values, map.Cols, 0, folded.Values, map.Cols);
        return folded;
    }
}
