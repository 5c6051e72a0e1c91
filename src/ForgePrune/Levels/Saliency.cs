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
        var living = weights.ToArray();
        for (var i = 0; i < living.Length; i++)
            if (hessian.Dead[i % cols])
                living[i] = 0;
        var gram = new double[(long)cols * cols];
        Gram.Accumulate(living, rows, cols, cols, gram, cols);
        var energy = 0.0;
        for (var i = 0; i < gram.Length; i++)
            energy += gram[i] * hessian.Values[i];
        var inverse = (double[])hessian.Values.Clone();
        var pivot = Cholesky.Factor(inverse, cols, cols);
        if (pivot >= 0)
            throw new NotPositiveDefiniteException("The damped Hessian", pivot);
        SpdInverse.FromFactor(inverse, cols, cols);
        return new Saliency(cols, inverse, gram, energy);
    }
}
