namespace ForgePrune.Kernels;

/// <summary>The moments of a least-squares fit from inputs X to targets Y while they stream by, XᵀX and YᵀX: float32 products over 256 tokens, summed in
/// float64.</summary>
public interface IMomentSum : IDisposable
{
    /// <summary>Adds the rows of X and Y to the sums.</summary>
    /// <param name="targets">Y, tokens × rows, row-major, with the columns that the sums were begun for.</param>
    /// <param name="targetStride">Elements from one row of Y to the next.</param>
    /// <param name="inputs">X, tokens × cols, row-major, likewise.</param>
    /// <param name="inputStride">Elements from one row of X to the next.</param>
    /// <param name="tokens">Rows of X and of Y.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape, or a stride is below its number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of tokens is negative.</exception>
    void Add(ReadOnlySpan<float> targets, int targetStride, ReadOnlySpan<float> inputs, int inputStride, int tokens);

    /// <summary>The same sums for an X that lies in a memory of another library.</summary>
    /// <returns>Null where these sums cannot read that memory: then <see cref="Add"/> takes X from the host.</returns>
    internal ILentMoments? Reader(LentMemory memory) => null;

    /// <summary>Ends the sums; nothing can be added afterwards.</summary>
    /// <returns>XᵀX, cols × cols and symmetric, and YᵀX, rows × cols, both row-major without gaps.</returns>
    (LongArray<double> Gram, double[] Cross) Finish();
}
