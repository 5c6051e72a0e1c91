using System.Numerics.Tensors;
using ForgePrune.Kernels;

namespace ForgePrune.Levels;

/// <summary>The two symmetric matrices that greedy removal works on: P = H⁻¹ and G = WᵀW. The weights themselves never move.</summary>
internal sealed class Saliency
{
    private Saliency(int cols, double[] inverse, double[] weightGram, double energy) =>
        (Cols, Inverse, WeightGram, Energy) = (cols, inverse, weightGram, energy);

    public int Cols { get; }

    public double[] Inverse { get; }

    public double[] WeightGram { get; }

    /// <summary>tr(W H Wᵀ) = Σ G ∘ H: twice the loss of removing everything.</summary>
    public double Energy { get; }

    /// <param name="weights">W (rows × cols); its dead columns count as zero, since no input ever reaches them.</param>
    /// <exception cref="NotPositiveDefiniteException">H cannot be factored.</exception>
    public static Saliency Of(Hessian hessian, ReadOnlySpan<double> weights, int rows)
    {
        var cols = hessian.Cols;
        var gram = LargeArray.Zeros<double>((long)cols * cols);
        Gram.Accumulate(LivingWeights.Of(weights, cols, hessian.Dead), rows, cols, cols, gram, cols);
        var energy = 0.0;
        var inverse = LargeArray.Uninitialized<double>((long)cols * cols);
        for (var row = 0; row < cols; row++)
        {
            var line = hessian.Values.AsSpan(row * cols, cols);
            energy += TensorPrimitives.Dot<double>(line, gram.AsSpan(row * cols, cols));
            line.CopyTo(inverse.AsSpan(row * cols));
        }

        var pivot = Cholesky.Factor(inverse, cols, cols);
        if (pivot >= 0)
            throw new NotPositiveDefiniteException("The damped Hessian", pivot);
        SpdInverse.FromFactor(inverse, cols, cols);
        return new Saliency(cols, inverse, gram, energy);
    }
}
