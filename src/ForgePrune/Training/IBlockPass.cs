namespace ForgePrune.Training;

/// <summary>One block of a decoder, there and back. Rows are window after window, their number that of the ids of the pass.</summary>
internal interface IBlockPass
{
    /// <summary>y += block(norm(x)); y holds x.</summary>
    /// <param name="weights">All weights of the model.</param>
    void Forward(float[] weights, int rows, ReadOnlySpan<float> x, Span<float> y);

    /// <summary>Adds the gradients of the block's weights, and turns the gradient of y into that of x.</summary>
    /// <param name="gradients">All gradients of the model.</param>
    /// <param name="x">As on the way there.</param>
    /// <param name="d">rows × hidden, gradient of y and then of x.</param>
    void Backward(float[] weights, float[] gradients, int rows, ReadOnlySpan<float> x, Span<float> d);
}
