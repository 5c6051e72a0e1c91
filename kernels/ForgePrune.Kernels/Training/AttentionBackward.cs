using System.Numerics;

namespace ForgePrune.Kernels;

/// <summary>The way back. With the probabilities P of a strip, made anew, and dP = dO·Vᵀ: dS = P ∘ (dP − δ) where δ = Σ dO∘O of each row, and then
/// dV += Pᵀ·dO, dK += dSᵀ·Q, dQ = dS·K, the scale counted once with each of the last two. Bounded scores c·tanh(s/c) pass on (1 − tanh²) of dS.</summary>
internal readonly unsafe struct AttentionBackward(
    AttentionShape shape, float* q, float* k, float* v, float* output, float* logSums, float* dOutput, float* dq, float* dk, float* dv) : IAttentionWork
{
    private const int Strip = CausalAttention.StripRows;

    public void Group(int window, int kvHead)
    {
        int tokens = shape.Tokens, dim = shape.HeadDim;
        if (tokens == 0)
            return;
        int across = TileProduct.Stride(tokens), wide = TileProduct.Stride(dim), tall = TileProduct.PaddedRows(tokens);
        using var scratch = new Scratch<float>(2L * dim * across + 3L * tall * wide + 2L * Strip * across + 3L * Strip * wide);
        var place = scratch.Pointer;
        var tiles = new Tiles
        {
            Across = across,
            Wide = wide,
            KeysAcross = Take(ref place, dim * across),
            ValuesAcross = Take(ref place, dim * across),
            Keys = Take(ref place, tall * wide),
            KeyGradients = Take(ref place, tall * wide),
            ValueGradients = Take(ref place, tall * wide),
            Probabilities = Take(ref place, Strip * across),
            Gradients = Take(ref place, Strip * across),
            Queries = Take(ref place, Strip * wide),
            OutputGradients = Take(ref place, Strip * wide),
            QueryGradients = Take(ref place, Strip * wide),
        };
        var first = (nint)window * tokens;
        var at = first * shape.KvWidth + kvHead * dim;
        AttentionTiles.Transpose(k + at, shape.KvWidth, tokens, dim, tiles.KeysAcross, across);
        AttentionTiles.Transpose(v + at, shape.KvWidth, tokens, dim, tiles.ValuesAcross, across);
        AttentionTiles.Copy(k + at, shape.KvWidth, tokens, dim, tiles.Keys, wide);
        new Span<float>(tiles.KeyGradients, 2 * tall * wide).Clear();
        for (var head = kvHead * shape.QueriesPerGroup; head < (kvHead + 1) * shape.QueriesPerGroup; head++)
            for (var start = 0; start < tokens; start += Strip)
                OneStrip(tiles, first, head, start, Math.Min(Strip, tokens - start));
        AttentionTiles.Copy(tiles.KeyGradients, wide, tokens, dim, dk + at, shape.KvWidth);
        AttentionTiles.Copy(tiles.ValueGradients, wide, tokens, dim, dv + at, shape.KvWidth);
    }

    private void OneStrip(Tiles t, nint first, int head, int start, int rows)
    {
        int dim = shape.HeadDim, width = shape.QueryWidth, seen = start + rows;
        var scale = shape.Factor;
        var at = (first + start) * width + head * dim;
        AttentionTiles.Copy(q + at, width, rows, dim, t.Queries, t.Wide, scale);
        AttentionTiles.Copy(dOutput + at, width, rows, dim, t.OutputGradients, t.Wide);
        TileProduct.Run(t.Queries, t.Wide, 1, t.KeysAcross, t.Across, t.Probabilities, t.Across, rows, seen, dim, add: false);
        TileProduct.Run(t.OutputGradients, t.Wide, 1, t.ValuesAcross, t.Across, t.Gradients, t.Across, rows, seen, dim, add: false);
        // What the softmax has read of one row, which the bound's slope follows from.
        var bounded = shape.Cap is null ? [] : new float[seen];
        for (var row = 0; row < rows; row++)
        {
            var delta = Sums.Dot(new(dOutput + at + row * width, dim), new(output + at + row * width, dim));
            var logSum = logSums[(first + start + row) * shape.QueryHeads + head];
            Span<float> probabilities = new(t.Probabilities + row * t.Across, seen), gradients = new(t.Gradients + row * t.Across, seen);
            if (shape.Cap is { } cap)
            {
                AttentionTiles.Bound(probabilities[..(start + row + 1)], cap);
                probabilities.CopyTo(bounded);
            }

            Scores(probabilities, gradients, shape.First(start + row), start + row + 1, logSum, delta);
            if (shape.Cap is { } bound)
                AttentionTiles.Unbound(bounded, bound, gradients[..(start + row + 1)]);
        }

        TileProduct.Run(t.Probabilities, 1, t.Across, t.OutputGradients, t.Wide, t.ValueGradients, t.Wide, seen, dim, rows, add: true);
        TileProduct.Run(t.Gradients, 1, t.Across, t.Queries, t.Wide, t.KeyGradients, t.Wide, seen, dim, rows, add: true);
        TileProduct.Run(t.Gradients, t.Across, 1, t.Keys, t.Wide, t.QueryGradients, t.Wide, rows, dim, seen, add: false);
        AttentionTiles.Copy(t.QueryGradients, t.Wide, rows, dim, dq + at, width, scale);
    }

    /// <summary>Scores become probabilities and dP becomes dS; what the query does not see becomes zero.</summary>
    private static void Scores(Span<float> probabilities, Span<float> gradients, int first, int own, float logSum, float delta)
    {
        AttentionTiles.Exponentials(probabilities[first..own], logSum);
        var i = first;
        for (; i <= own - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(probabilities[i..]) * (new Vector<float>(gradients[i..]) - new Vector<float>(delta))).CopyTo(gradients[i..]);
        for (; i < own; i++)
            gradients[i] = probabilities[i] * (gradients[i] - delta);
        probabilities[..first].Clear();
        gradients[..first].Clear();
        probabilities[own..].Clear();
        gradients[own..].Clear();
    }

    private static float* Take(ref float* place, int length)
    {
        var start = place;
        place += length;
        return start;
    }

    /// <summary>Padded copies: "across" has one column for each token, the others one row.</summary>
    private struct Tiles
    {
        public int Across, Wide;
        public float* KeysAcross, ValuesAcross, Keys, KeyGradients, ValueGradients, Probabilities, Gradients, Queries, OutputGradients, QueryGradients;
    }
}
