using System.Numerics.Tensors;
using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>The end of a block: y += r·(W·h + b), or y += r·norm(W·h + b) where the model has a norm there; r is the model's factor of what its blocks add.
/// Where r is one and there is no norm, the projection adds by itself. Kept for the backward pass of a norm: its scales, and what it reads.</summary>
/// <param name="norm">The role of the weights of the norm.</param>
internal sealed class BranchPass(ProjectionPass projection, TensorRole norm, int layer, ModelConfig config, int rows, PassMemory memory, int threads)
{
    private readonly float scale = (float)config.ResidualScale;
    private readonly PassBuffer branch = memory.Passing("branch", Plain(config) ? 0 : rows, config.HiddenSize),
        dBranch = memory.Passing("d-branch", config.NormsBehind ? rows : 0, config.HiddenSize),
        added = memory.Kept("added-" + norm, config.NormsBehind ? rows : 0, config.HiddenSize),
        scales = memory.Kept("scales-" + norm, config.NormsBehind ? rows : 0, 1);

    private int Hidden => config.HiddenSize;

    public void Forward(IPassWeights weights, int rows, ReadOnlySpan<float> h, Span<float> y)
    {
        if (Plain(config))
        {
            projection.Forward(weights, rows, h, y, add: true);
            return;
        }

        var result = branch.Of(rows, Hidden);
        if (config.NormsBehind)
        {
            var read = added.Of(rows, Hidden);
            projection.Forward(weights, rows, h, read);
            RmsNorm.Forward(read, rows, Hidden, weights.Of(norm, layer), config.RmsNormEps, result, scales.Of(rows, 1), threads);
        }
        else
        {
            projection.Forward(weights, rows, h, result);
        }

        TensorPrimitives.MultiplyAdd(result, scale, y, y);
    }

    /// <param name="d">The gradient of y; not changed.</param>
    /// <param name="dh">Written: the gradient of h.</param>
    public void Backward(IPassWeights weights, PassGradients gradients, int rows, ReadOnlySpan<float> h, ReadOnlySpan<float> d, Span<float> dh)
    {
        if (scale != 1)
        {
            var scaled = branch.Of(rows, Hidden);
            TensorPrimitives.Multiply(d[..scaled.Length], scale, scaled);
            d = scaled;
        }

        if (config.NormsBehind)
        {
            var dRead = dBranch.Of(rows, Hidden);
            dRead.Clear();
            RmsNorm.Backward(added.Of(rows, Hidden), rows, Hidden, weights.Of(norm, layer), scales.Of(rows, 1), d, dRead, gradients.Of(norm, layer), threads);
            d = dRead;
        }

        projection.Backward(weights, gradients, rows, h, d, dh);
    }

    private static bool Plain(ModelConfig config) => config is { ResidualScale: 1, NormsBehind: false };
}
