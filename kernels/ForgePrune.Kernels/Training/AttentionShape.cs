namespace ForgePrune.Kernels;

/// <summary>The extents of a causal grouped-query attention. Rows are window after window; query head h reads KV head h / (QueryHeads / KvHeads).</summary>
/// <param name="Windows">Sequences that do not see each other.</param>
/// <param name="Tokens">Positions of each sequence.</param>
/// <param name="QueryHeads">Query heads, a multiple of <paramref name="KvHeads"/>.</param>
/// <param name="KvHeads">Heads of keys and of values, at least 1.</param>
/// <param name="HeadDim">Elements of a head (head_dim), at least 1.</param>
public readonly record struct AttentionShape(int Windows, int Tokens, int QueryHeads, int KvHeads, int HeadDim)
{
    /// <summary>The number of positions that a query sees, its own included; 0 for all that are past.</summary>
    public int Seen { get; init; }

    /// <summary>The factor of the products of queries and keys; null: 1/√headDim.</summary>
    public float? Scale { get; init; }

    /// <summary>The bound c of scores, which become c·tanh(s/c) (Gemma 2); null for none.</summary>
    public float? Cap { get; init; }

    /// <summary>The number of rows of every matrix: windows · tokens.</summary>
    public int Rows => Windows * Tokens;

    /// <summary>The number of elements of a row of queries or outputs.</summary>
    public int QueryWidth => QueryHeads * HeadDim;

    /// <summary>The number of elements of a row of keys or values.</summary>
    public int KvWidth => KvHeads * HeadDim;

    /// <summary>The number of query heads of one KV group.</summary>
    public int QueriesPerGroup => QueryHeads / KvHeads;

    internal float Factor => Scale ?? 1 / MathF.Sqrt(HeadDim);

    /// <summary>The first position that the query of a position sees.</summary>
    internal int First(int position) => Seen == 0 ? 0 : Math.Max(0, position + 1 - Seen);

    internal void Require(ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, ReadOnlySpan<float> output, ReadOnlySpan<float> logSums)
    {
        if (Windows < 0 || Tokens < 0 || KvHeads < 1 || HeadDim < 1 || QueryHeads < 1 || QueryHeads % KvHeads != 0 || Seen < 0 || Cap <= 0)
            throw new ArgumentException($"{this} is no attention; give at least one KV head, and equally many query heads for each.");
        Shape.Require(q, Rows, QueryWidth, QueryWidth);
        Shape.Require(k, Rows, KvWidth, KvWidth);
        Shape.Require(v, Rows, KvWidth, KvWidth);
        Shape.Require(output, Rows, QueryWidth, QueryWidth);
        Shape.Require(logSums, Rows, QueryHeads, QueryHeads);
    }
}
