namespace ForgePrune.Kernels;

/// <summary>XᵀX of one projection's inputs while they stream by: float32 products over 256 tokens, summed in float64.</summary>
public interface IGramSum : IDisposable
{
    /// <summary>Adds the rows of X (tokens × cols).</summary>
    void Add(ReadOnlySpan<float> x, int tokens, int stride);

    /// <summary>The sum, cols × cols, contiguous and symmetric. Nothing can be added afterwards.</summary>
    double[] Finish();
}
