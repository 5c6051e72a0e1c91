namespace ForgePrune.Kernels;

/// <summary>Rows of an embedding by token id, and their gradients back to the rows they came from.</summary>
public static unsafe class EmbeddingRows
{
    // Rows whose id leaves the same remainder belong to one piece: each is added to by one thread, in the order of the tokens.
    private const int Pieces = 16;

    /// <summary>Copies the rows of the tokens.</summary>
    /// <param name="table">Embedding, vocab × width, row-major without gaps.</param>
    /// <param name="vocab">Rows of the embedding.</param>
    /// <param name="width">Columns of the embedding.</param>
    /// <param name="ids">Token ids, from 0 to vocab − 1.</param>
    /// <param name="x">Written: number of ids × width, row-major without gaps.</param>
    /// <exception cref="ArgumentException">A token id lies outside the vocabulary, or a span is too short for its shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent is negative.</exception>
    public static void Gather(ReadOnlySpan<float> table, int vocab, int width, ReadOnlySpan<int> ids, Span<float> x)
    {
        Shape.Require(table, vocab, width, width);
        Shape.Require<float>(x, ids.Length, width, width);
        Require(ids, vocab);
        for (var row = 0; row < ids.Length; row++)
            table.Slice(ids[row] * width, width).CopyTo(x[(row * width)..]);
    }

    /// <summary>Adds the gradient of every row to that of its token: dTable[ids[r]] += dx[r].</summary>
    /// <param name="dx">Gradients, number of ids × width, row-major without gaps.</param>
    /// <param name="ids">Token ids, from 0 to vocab − 1.</param>
    /// <param name="vocab">Rows of the embedding.</param>
    /// <param name="width">Columns of the embedding.</param>
    /// <param name="dTable">Gradient of the embedding, vocab × width, row-major without gaps; added to.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A token id lies outside the vocabulary, or a span is too short for its shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An extent or the number of threads is negative.</exception>
    public static void ScatterAdd(ReadOnlySpan<float> dx, ReadOnlySpan<int> ids, int vocab, int width, Span<float> dTable, int threads)
    {
        Shape.Require(dx, ids.Length, width, width);
        Shape.Require<float>(dTable, vocab, width, width);
        Require(ids, vocab);
        fixed (float* from = dx, to = dTable)
        fixed (int* id = ids)
            ScatterAdd(from, id, ids.Length, width, to, threads);
    }

    private static void ScatterAdd(float* dx, int* ids, int rows, int width, float* dTable, int threads) => Workers.For(Pieces, threads, piece =>
    {
        for (var row = 0; row < rows; row++)
            if (ids[row] % Pieces == piece)
                Sums.Add(new ReadOnlySpan<float>(dx + (nint)row * width, width), new Span<float>(dTable + (nint)ids[row] * width, width));
    });

    private static void Require(ReadOnlySpan<int> ids, int vocab)
    {
        foreach (var id in ids)
            if ((uint)id >= (uint)vocab)
                throw new ArgumentException($"Token id {id} lies outside a vocabulary of {vocab}; give ids from 0 to {vocab - 1}.", nameof(ids));
    }
}
