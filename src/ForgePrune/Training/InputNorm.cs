using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>What a block reads of the residual stream: its norm, or the stream itself where the model has no norm there. Kept for the backward pass: the scales
/// of the norm.</summary>
/// <param name="role">The role of the weights of the norm.</param>
internal sealed class InputNorm(TensorRole role, int layer, ModelConfig config, int rows, PassMemory memory, int threads)
{
    private readonly PassBuffer scales = memory.Kept("scales", config.NormsBefore ? rows : 0, 1),
        normed = memory.Passing("normed", config.NormsBefore ? rows : 0, config.HiddenSize),
        dNormed = memory.Passing("d-normed", rows, config.HiddenSize);

    private int Hidden => config.HiddenSize;

    public ReadOnlySpan<float> Forward(IPassWeights weights, int rows, ReadOnlySpan<float> x)
    {
        if (!config.NormsBefore)
            return x[..(rows * Hidden)];
        var n = normed.Of(rows, Hidden);
        RmsNorm.Forward(x, rows, Hidden, weights.Of(role, layer), config.RmsNormEps, n, scales.Of(rows, 1), threads);
        return n;
    }

    /// <summary>The gradient of what <see cref="Forward"/> gave, to be written before <see cref="Backward"/>.</summary>
    public Span<float> Gradient(int rows) => dNormed.Of(rows, Hidden);

    /// <summary>Adds to the gradient of x.</summary>
    public void Backward(IPassWeights weights, PassGradients gradients, int rows, ReadOnlySpan<float> x, Span<float> d)
    {
        if (config.NormsBefore)
            RmsNorm.Backward(x, rows, Hidden, weights.Of(role, layer), scales.Of(rows, 1), Gradient(rows), d, gradients.Of(role, layer), threads);
        else
            System.Numerics.Tensors.TensorPrimitives.Add(d[..(rows * Hidden)], Gradient(rows), d);
    }
}
