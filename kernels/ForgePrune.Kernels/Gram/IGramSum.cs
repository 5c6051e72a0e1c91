namespace ForgePrune.Kernels;

/// <summary>XᵀX of one projection's inputs while they stream by: float32 products over 256 tokens, summed in float64.</summary>
public interface IGramSum : IDisposable
{
    /// <summary>Adds the rows of X to the sum.</summary>
    /// <param name="x">X, tokens × cols, row-major, with the columns that the sum was begun for.</param>
    /// <param name="tokens">Rows of X.</param>
    /// <param name="stride">Elements from one row of X to the next.</param>
    /// <exception cref="ArgumentException">The span is too short for its shape, or the stride is below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of tokens is negative.</exception>
    void Add(ReadOnlySpan<float> x, int tokens, int stride);

    /// <summary>The same sum for an X that lies in a memory of another library.</summary>
    /// <returns>Null where this sum cannot read that memory: then <see cref="Add"/> takes X from the host.</returns>
    internal ILentGram? Reader(LentMemory memory) => null;

    /// <summary>Ends the sum; nothing can be added afterwards.</summary>
    /// <returns>XᵀX, cols × cols, row-major without gaps, symmetric.</returns>
    LongArray<double> Finish();
}
