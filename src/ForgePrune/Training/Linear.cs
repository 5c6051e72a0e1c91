using ForgePrune.Kernels;

namespace ForgePrune.Training;

/// <summary>y = x·Wᵀ + b on rows, and its gradients. W is (outputs × inputs) as checkpoints store it.</summary>
/// <param name="Rows">The number of rows of x and y.</param>
internal readonly record struct Linear(int Rows, int Inputs, int Outputs, int Threads)
{
    /// <param name="bias">Empty for none.</param>
    /// <param name="add">Add to y instead of writing it.</param>
    public void Forward(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, ReadOnlySpan<float> bias, Span<float> y, bool add = false)
    {
        Product.Multiply(Transpose.No, Transpose.Yes, Rows, Outputs, Inputs, 1, x, Inputs, weight, Inputs, add ? 1 : 0, y, Outputs, Threads);
        if (!bias.IsEmpty)
            Bias.Add(y, Rows, Outputs, bias);
    }

    /// <summary>dx = dy·W, dW += dyᵀ·x, db += Σ dy.</summary>
    /// <param name="dWeight">Empty where W is not trained.</param>
    /// <param name="dBias">Empty for none.</param>
    /// <param name="add">Add to dx instead of writing it.</param>
    public void Backward(ReadOnlySpan<float> x, ReadOnlySpan<float> weight, ReadOnlySpan<float> dy, Span<float> dx, Span<float> dWeight, Span<float> dBias,
        bool add = false)
    {
        Product.Multiply(Transpose.No, Transpose.No, Rows, Inputs, Outputs, 1, dy, Outputs, weight, Inputs, add ? 1 : 0, dx, Inputs, Threads);
        if (!dWeight.IsEmpty)
            Product.Multiply(Transpose.Yes, Transpose.No, Outputs, Inputs, Rows, 1, dy, Outputs, x, Inputs, 1, dWeight, Inputs, Threads);
        if (!dBias.IsEmpty)
            Bias.Backward(dy, Rows, Outputs, dBias, Threads);
    }
}
