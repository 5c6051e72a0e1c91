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

    // Rows shorter than this are corrected sooner than another thread has heard of them.
    private const int WorthPool = 256;

    private readonly LowerStorage _p, _g;
    private readonly int _threads;
    private readonly nint _stride;
    private readonly PendingFactors _pending;
    private readonly SweptFactor _factor;
    // The factors as rows, for the products.
    private readonly Scratch<double> _rows;
    // Rows and diagonals of P and G, each padded to whole strips.
    private readonly Scratch<double> _lines;
    private readonly double* _rowP, _rowG, _diagonalP, _diagonalG;
    private readonly double[] _pivots = new double[Block], _scores;
    private readonly int[] _column;
    private readonly SpinWorkerPool _pool;
    private int _living;
    // The removal that the pool works on.
    private int _slot;
    private double _pivot, _weight;

    public ChannelSweep(double* p, double* g, int n, int stride, int threads)
    {
        // An odd number of cache lines, so that the rows do not all begin in one set of a cache.
        var padded = PendingFactors.Padded(n);
        (_p, _g, _stride, _threads, _living) = (new(p, stride), new(g, stride), padded + 8, threads, n);
        _pending = new(Block, n);
        _factor = new(p, stride, n, Block);
        _rows = new(3L * Block * _stride);
        _lines = new(4L * padded);
        new Span<double>(_lines.Pointer, 4 * padded).Clear();
        _rowP = _lines.Pointer;
        _rowG = _rowP + padded;
        _diagonalP = _rowG + padded;
        _diagonalG = _diagonalP + padded;
        _scores = new double[n];
        _column = [.. Enumerable.Range(0, n)];
        _pool = new(n < WorthPool ? 1 : Workers.Count(threads), RemovePart);
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
        var dying = new List<int>();
        for (var slot = _living - 1; slot >= 0; slot--)
            if (dead.Length > 0 && dead[slot])
                dying.Add(slot);
        Fill(dying);
        while (step < n)
        {
            var slot = Cheapest(out var score);
            (order[step], scores[step++]) = (_column[slot], score);
            Remove(slot);
            if (_pending.Count == Block || step == n)
                Apply(step);
        }
        _factor.Arrange(order, _threads);
        return new(order, scores);
    }

    /// <summary>The living slot of least score; of equal ones that of the lowest column, for slots do not keep the order of columns.</summary>
    private int Cheapest(out double score)
    {
        var scores = _scores.AsSpan(0, _living);
        TensorPrimitives.Divide(new ReadOnlySpan<double>(_diagonalG, _living), new ReadOnlySpan<double>(_diagonalP, _living), scores);
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
        (_slot, _pivot, _weight) = (slot, _diagonalP[slot], _diagonalG[slot]);
        _pending.Aim(slot, _pivots);
        _pool.Run();
        _pivots[_pending.Count] = _pivot;
        _pending.Appended();
        _factor.Kept();
        // An infinite score keeps a removed slot from being chosen again until it is filled.
        (_diagonalP[slot], _diagonalG[slot]) = (1, double.PositiveInfinity);
    }

    /// <summary>The strips of one piece: the exact rows of P and G at the removed slot, and the factors and diagonals that follow from them.</summary>
    private void RemovePart(int piece)
    {
        var strips = PendingFactors.Padded(_living) / PendingFactors.Strip;
        int first = strips * piece / _pool.Pieces * PendingFactors.Strip, padded = strips * (piece + 1) / _pool.Pieces * PendingFactors.Strip;
        var end = Math.Min(padded, _living);
        if (first >= end)
            return;
        _p.CopyRow(_slot, first, end, _rowP);
        _g.CopyRow(_slot, first, end, _rowG);
        _pending.Correct(_rowP, _rowG, first, padded);
        if (first <= _slot && _slot < end)
            (_rowP[_slot], _rowG[_slot]) = (_pivot, _weight);
        _factor.Keep(_rowP, _pivot, first, end);
        _pending.Append(_rowP, _rowG, _pivot, _weight, _diagonalP, _diagonalG, first, padded);
    }

    /// <summary>Drops the removed slots, then subtracts all pending factors from the living part.</summary>
    private void Apply(int step)
    {
        var columns = _column.AsSpan(0, _living).ToArray();
        var (removals, holes) = (_pending.Count, new List<int>(Block));
        for (var slot = _living - 1; slot >= 0; slot--)
            if (double.IsPositiveInfinity(_diagonalG[slot]))
                holes.Add(slot);
        Fill(holes);
        _factor.Store(step - removals, columns, _threads);
        if (_living == 0)
            return;
        var h = _rows.Pointer;
        var c = h + Block * _stride;
        _pending.CopyRows(h, _stride, _living, _threads);
        _g.Subtract(h, c, (int)_stride, 2 * Block, _living, _threads);
        // c is scaled by √p here, after its last use above, so that P −= Σ p c cᵀ is a plain product.
        Workers.For(Block, _threads, k =>
        {
            var row = new Span<double>(c + k * _stride, _living);
            TensorPrimitives.Multiply(row, Math.Sqrt(_pivots[k]), row);
        });
        _p.Subtract(c, c, (int)_stride, Block, _living, _threads);
        _pending.Clear();
    }

    /// <summary>Fills each hole, from the highest down, with the slot that is then the last.</summary>
    private void Fill(List<int> holes)
    {
        var living = _living;
        // P and G wait for memory, each by itself.
        Workers.For(2, _threads, matrix =>
        {
            for (var k = 0; k < holes.Count; k++)
                (matrix == 0 ? _p : _g).Move(living - 1 - k, holes[k]);
        });
        foreach (var hole in holes)
        {
            var last = --_living;
            (_diagonalP[hole], _diagonalG[hole], _column[hole]) = (_diagonalP[last], _diagonalG[last], _column[last]);
            _pending.Move(last, hole);
        }
    }

    public void Dispose()
    {
        _pool.Dispose();
        _pending.Dispose();
        _factor.Dispose();
        _rows.Dispose();
        _lines.Dispose();
    }
}
