using System.Numerics.Tensors;

namespace ForgePrune.Training;

/// <summary>The end of a block: y += r·(W·h + b), where r is the model's factor of what its blocks add. Where r is one, the projection adds by
/// itself.</summary>
internal sealed class BranchPass(ProjectionPass projection, double scale, int rows, int hidden, PassMemory memory)
{
    private readonly PassBuffer branch = memory.Passing("branch", scale == 1 ? 0 : rows, hidden);

    public void Forward(IPassWeights weights, int rows, ReadOnlySpan<float> h, Span<float> y)
    {
        if (scale == 1)
        {
            projection.Forward(weights, rows, h, y, add: true);
            return;
        }

        var added = branch.Of(rows, hidden);
        projection.Forward(weights, rows, h, added);
        TensorPrimitives.MultiplyAdd(added, (float)scale, y, y);
    }

    /// <param name="d">The gradient of y; not changed.</param>
    /// <param name="dh">Written: the gradient of h.</param>
    public void Backward(IPassWeights weights, PassGradients gradients, int rows, ReadOnlySpan<float> h, ReadOnlySpan<float> d, Span<float> dh)
    {
        if (scale != 1)
        {
            var scaled = branch.Of(rows, hidden);
            TensorPrimitives.Multiply(d[..scaled.Length], (float)scale, scaled);
            d = scaled;
        }

        projection.Backward(weights, gradients, rows, h, d, dh);
    }
}
