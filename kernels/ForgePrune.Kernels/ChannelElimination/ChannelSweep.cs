using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>
/// One sweep over all columns. Living columns occupy slots 0..m-1; a removed slot is filled with the last one when its block is applied, so the
/// matrices shrink with the sweep. Only their lower halves are kept.
/// </summary>
internal sealed unsafe class ChannelSweep : IDisposable
{
    // Long enough for the product to run near its full speed, short enough for the pending factors to stay near the core.
    private const int Block = 64;

    private readonly LowerStorage _p, _g;
    private readonly int _stride, _threads;
    // Rows [0, Block) are h, [Block, 2·Block) are c, [2·Block, 3·Block) are h again: (h; c)ᵀ(c; h) is then one product of depth 2·Block.
    private readonly Scratch<double> _factors;
    private readonly double[] _pivots = new double[Block];
    private readonly double[] _diagonalP, _diagonalG, _scores, _rowP, _rowG;
    private readonly int[] _column;
    private int _living, _pending;

    public ChannelSweep(double* p, double* g, int n, int stride, int threads)
    {
        (_p, _g, _stride, _threads, _living) = (new(p, stride), new(g, stride), Math.Max(n, 1), threads, n);
        _factors = new(3L * Block * _stride);
        (_diagonalP, _diagonalG, _scores, _rowP, _rowG) = (new double[n], new double[n], new double[n], new double[n], new double[n]);
        _column = [.. Enumerable.Range(0, n)];
        for (var i = 0; i < n; i++)
            (_diagonalP[i], _diagonalG[i]) = (_p.Diagonal(i), _g.Diagonal(i));
    }

    public EliminationResult Run(ReadOnlySpan<bool> dead)
    {
        var n = _living;
        var order = new int[n];
        var scores = new double[n];
        var step = 0;
        for (var j = 0; j < dead.Length; j++)
            if (dead[j])
                order[step++] = j;
        for (var slot = _living - 1; slot >= 0; slot--)
            if (dead.Length > 0 && dead[slot])
                Fill(slot);
        while (step < n)
        {
            var slot = Cheapest(out var score);
            (order[step], scores[step++]) = (_column[slot], score);
            Remove(slot);
            if (_pending == Block)
                Apply();
        }
        return new(order, scores);
    }

    /// <summary>The living slot of least score; of equal ones that of the lowest column, for slots do not keep the order of columns.</summary>
    private int Cheapest(out double score)
    {
        var scores = _scores.AsSpan(0, _living);
        TensorPrimitives.Divide(_diagonalG.AsSpan(0, _living), _diagonalP.AsSpan(0, _living), scores);
        var best = TensorPrimitives.IndexOfMin<double>(scores);
        score = scores[best];
        if (!(_diagonalP[best] > 0))
            throw new NotPositiveDefiniteException("The inverse Hessian", _column[best]);
        if (!double.IsFinite(score))
            throw new ArithmeticException($"The Gram of the weights has no finite diagonal at column {_column[best]}; look for NaN or infinity in the weights.");
        for (var slot = 0; (slot = IndexOf(scores, score, slot)) >= 0; slot++)
            if (_column[slot] < _column[best])
                best = slot;
        return best;
    }

    private static int IndexOf(ReadOnlySpan<double> values, double value, int start)
    {
        var index = values[start..].IndexOf(value);
        return index < 0 ? -1 : start + index;
    }

    private void Remove(int slot)
    {
        Span<double> rowP = _rowP.AsSpan(0, _living), rowG = _rowG.AsSpan(0, _living);
        _p.CopyRow(slot, _living, rowP);
        _g.CopyRow(slot, _living, rowG);
        for (var k = 0; k < _pending; k++)
        {
            Span<double> pendingC = C(k), pendingH = H(k);
            var (cAt, hAt) = (pendingC[slot], pendingH[slot]);
            TensorPrimitives.MultiplyAdd(pendingC, -_pivots[k] * cAt, rowP, rowP);
            TensorPrimitives.MultiplyAdd(pendingC, -hAt, rowG, rowG);
            TensorPrimitives.MultiplyAdd(pendingH, -cAt, rowG, rowG);
        }
        var (pivot, weight) = (_diagonalP[slot], _diagonalG[slot]);
        rowP[slot] = pivot;
        rowG[slot] = weight;
        Span<double> c = C(_pending), h = H(_pending);
        TensorPrimitives.Divide(rowP, pivot, c);
        TensorPrimitives.MultiplyAdd(c, -0.5 * weight, rowG, h);
        _pivots[_pending++] = pivot;
        Span<double> diagonalP = _diagonalP.AsSpan(0, _living), diagonalG = _diagonalG.AsSpan(0, _living);
        for (var i = 0; i < _living; i++)
        {
            diagonalP[i] -= pivot * c[i] * c[i];
            diagonalG[i] -= 2 * h[i] * c[i];
        }
        // An infinite score keeps a removed slot from being chosen again until it is filled.
        diagonalP[slot] = 1;
        diagonalG[slot] = double.PositiveInfinity;
    }

    /// <summary>Drops the removed slots, then subtracts all pending factors from the living part.</summary>
    private void Apply()
    {
        for (var slot = _living - 1; slot >= 0; slot--)
            if (double.IsPositiveInfinity(_diagonalG[slot]))
                Fill(slot);
        Rows(0, Block).CopyTo(Rows(2 * Block, Block));
        var factors = _factors.Pointer;
        _g.Subtract(factors, factors + (nint)Block * _stride, _stride, 2 * Block, _living, _threads);
        // c is scaled by √p here, after its last use above, so that P −= Σ p c cᵀ is a plain product.
        for (var k = 0; k < Block; k++)
            TensorPrimitives.Multiply(C(k), Math.Sqrt(_pivots[k]), C(k));
        var c = factors + (nint)Block * _stride;
        _p.Subtract(c, c, _stride, Block, _living, _threads);
        _pending = 0;
    }

    /// <summary>Fills a hole with the last slot. Holes must be filled from the highest down.</summary>
    private void Fill(int hole)
    {
        var last = --_living;
        if (hole == last)
            return;
        _p.Move(last, hole);
        _g.Move(last, hole);
        (_diagonalP[hole], _diagonalG[hole], _column[hole]) = (_diagonalP[last], _diagonalG[last], _column[last]);
        for (var k = 0; k < _pending; k++)
        {
            double* h = _factors.Pointer + (nint)k * _stride, c = h + (nint)Block * _stride;
            h[hole] = h[last];
            c[hole] = c[last];
        }
    }

    private Span<double> H(int k) => Rows(k, 1)[.._living];

    private Span<double> C(int k) => Rows(Block + k, 1)[.._living];

    private Span<double> Rows(int first, int count) => new(_factors.Pointer + (nint)first * _stride, count * _stride);

    public void Dispose() => _factors.Dispose();
}
