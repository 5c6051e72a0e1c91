namespace ForgePrune.Kernels;

/// <summary>The extents of a causal grouped-query attention. Query head h reads KV head h / (queryHeads / kvHeads). Rows are window after window.</summary>
/// <param name="Windows">Sequences that do not see each other.</param>
/// <param name="Tokens">Positions of each.</param>
/// <param name="QueryHeads">A multiple of <paramref name="KvHeads"/>.</param>
public readonly record struct AttentionShape(int Windows, int Tokens, int QueryHeads, int KvHeads, int HeadDim)
{
    public int Rows => Windows * Tokens;

    /// <summary>Elements of one row of queries and of outputs.</summary>
    public int QueryWidth => QueryHeads * HeadDim;

    /// <summary>Elements of one row of keys and of values.</summary>
    public int KvWidth => KvHeads * HeadDim;

    public int QueriesPerGroup => QueryHeads / KvHeads;

    internal void Require(ReadOnlySpan<float> q, ReadOnlySpan<float> k, ReadOnlySpan<float> v, ReadOnlySpan<float> output, ReadOnlySpan<float> logSums)
    {
        if (Windows < 0 || Tokens < 0 || KvHeads < 1 || HeadDim < 1 || QueryHeads < 1 || QueryHeads % KvHeads != 0)
            throw new ArgumentException($"{this} is no attention; give at least one KV head, and equally many query heads for each.");
        Shape.Require(q, Rows, QueryWidth, QueryWidth);
        Shape.Require(k, Rows, KvWidth, KvWidth);
        Shape.Require(v, Rows, KvWidth, KvWidth);
        Shape.Require(output, Rows, QueryWidth, QueryWidth);
        Shape.Require(logSums, Rows, QueryHeads, QueryHeads);
    }
}
