namespace ForgePrune.Kernels;

/// <summary>The way there: a strip of scores, its softmax, and its product with the values.</summary>
internal readonly unsafe struct AttentionForward(AttentionShape shape, float* q, float* k, float* v, float* output, float* logSums) : IAttentionWork
{
    public void Group(int window, int kvHead)
    {
        int tokens = shape.Tokens, dim = shape.HeadDim, across = TileProduct.Stride(tokens), wide = TileProduct.Stride(dim);
        const int strip = CausalAttention.StripRows;
        using var scratch = new Scratch<float>((long)dim * across + (long)tokens * wide + strip * across + 2 * strip * wide);
        float* keys = scratch.Pointer, values = keys + (nint)dim * across, scores = values + (nint)tokens * wide;
        float* queries = scores + strip * across, result = queries + strip * wide;
        var first = (nint)window * tokens;
        AttentionTiles.Transpose(k + first * shape.KvWidth + kvHead * dim, shape.KvWidth, tokens, dim, keys, across);
        AttentionTiles.Copy(v + first * shape.KvWidth + kvHead * dim, shape.KvWidth, tokens, dim, values, wide);
        for (var head = kvHead * shape.QueriesPerGroup; head < (kvHead + 1) * shape.QueriesPerGroup; head++)
            for (var start = 0; start < tokens; start += strip)
            {
                int rows = Math.Min(strip, tokens - start), seen = start + rows;
                var at = (first + start) * shape.QueryWidth + head * dim;
                AttentionTiles.Copy(q + at, shape.QueryWidth, rows, dim, queries, wide, shape.Factor);
                TileProduct.Run(queries, wide, 1, keys, across, scores, across, rows, seen, dim, add: false);
                for (var row = 0; row < rows; row++)
                {
                    if (shape.Cap is { } cap)
                        AttentionTiles.Bound(new(scores + row * across, start + row + 1), cap);
                    logSums[(first + start + row) * shape.QueryHeads + head] =
                        Softmax(new(scores + row * across, seen), shape.First(start + row), start + row + 1);
                }

                TileProduct.Run(scores, across, 1, values, wide, result, wide, rows, dim, seen, add: false);
                AttentionTiles.Copy(result, wide, rows, dim, output + at, shape.QueryWidth);
            }
    }

    /// <summary>Turns the scores from <paramref name="first"/> up to <paramref name="own"/> into probabilities and the rest, which lie too far back or ahead,
    /// into zeros. Gives ln Σ exp.</summary>
    private static float Softmax(Span<float> scores, int first, int own)
    {
        var past = scores[first..own];
        var top = Sums.Max(past);
        var sum = AttentionTiles.Exponentials(past, top);
        System.Numerics.Tensors.TensorPrimitives.Multiply(past, 1 / sum, past);
        scores[..first].Clear();
        scores[own..].Clear();
        return top + MathF.Log(sum);
    }
}
