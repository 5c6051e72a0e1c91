using System.Numerics.Tensors;
using ForgePrune.Kernels;

namespace ForgePrune.Levels;

/// <summary>The two symmetric matrices that greedy removal works on: P = H⁻¹ and G = WᵀW. The weights themselves never move.</summary>
internal sealed class Saliency
{
    private Saliency(int cols, int stride, double[] inverse, double[] weightGram, double energy) =>
        (Cols, Stride, Inverse, WeightGram, Energy) = (cols, stride, inverse, weightGram, energy);

    public int Cols { get; }

    /// <summary>Elements from one row of either matrix to the next.</summary>
    public int Stride { get; }

    public double[] Inverse { get; }

    public double[] WeightGram { get; }

    /// <summary>tr(W H Wᵀ) = Σ G ∘ H: twice the loss of removing everything.</summary>
    public double Energy { get; }

    /// <param name="weights">W (rows × cols); its dead columns count as zero, since no input ever reaches them.</param>
    /// <param name="stride">At least the number of columns.</param>
    /// <exception cref="NotPositiveDefiniteException">H cannot be factored.</exception>
    public static Saliency Of(Hessian hessian, ReadOnlySpan<double> weights, int rows, int stride)
    {
        var cols = hessian.Cols;
        var living = LargeArray.Uninitialized<double>(weights.Length);
        weights.CopyTo(living);
        for (var i = 0; i < living.Length; i++)
            if (hessian.Dead[i % cols])
                living[i] = 0;
        var gram = LargeArray.Zeros<double>((long)cols * stride);
        Gram.Accumulate(living, rows, cols, cols, gram, stride);
        var energy = 0.0;
        var inverse = LargeArray.Uninitialized<double>((long)cols * stride);
        for (var row = 0; row < cols; row++)
        {
            var line = hessian.Values.AsSpan(row * cols, cols);
            energy += TensorPrimitives.Dot<double>(line, gram.AsSpan(row * stride, cols));
            line.CopyTo(inverse.AsSpan(row * stride));
        }

        var pivot = Cholesky.Factor(inverse, cols, stride);
        if (pivot >= 0)
            throw new NotPositiveDefiniteException("The damped Hessian", pivot);
        SpdInverse.FromFactor(inverse, cols, stride);
        return new Saliency(cols, stride, inverse, gram, energy);
    }
}
