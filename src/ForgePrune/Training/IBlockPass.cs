namespace ForgePrune.Training;

/// <summary>The forward and backward pass of one decoder block. There is one row per token, window after window.</summary>
internal interface IBlockPass
{
    /// <summary>y += block(norm(x)); y holds x.</summary>
    void Forward(IPassWeights weights, int rows, ReadOnlySpan<float> x, Span<float> y);

    /// <summary>Adds the gradients of what is trained of the block, and turns the gradient of y into that of x.</summary>
    /// <param name="x">The same as in the forward pass.</param>
    /// <param name="d">rows × hidden, gradient of y and then of x.</param>
    void Backward(IPassWeights weights, PassGradients gradients, int rows, ReadOnlySpan<float> x, Span<float> d);
}
