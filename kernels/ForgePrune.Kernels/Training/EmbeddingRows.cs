namespace ForgePrune.Kernels;

/// <summary>Rows of an embedding by token id, and their gradients back to the rows they came from.</summary>
public static unsafe class EmbeddingRows
{
    // Rows whose id leaves the same remainder belong to one piece: each is added to by one thread, in the order of the tokens.
    private const int Pieces = 16;

    /// <param name="table">vocab × width.</param>
    /// <param name="x">ids.Length × width.</param>
    public static void Gather(ReadOnlySpan<float> table, int vocab, int width, ReadOnlySpan<int> ids, Span<float> x)
    {
        Shape.Require(table, vocab, width, width);
        Shape.Require<float>(x, ids.Length, width, width);
        Require(ids, vocab);
        for (var row = 0; row < ids.Length; row++)
            table.Slice(ids[row] * width, width).CopyTo(x[(row * width)..]);
    }

    /// <summary>dTable[ids[r]] += dx[r] for every row r.</summary>
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
