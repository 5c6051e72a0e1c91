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

    private readonly LowerStorage p, g;
    private readonly int threads;
    private readonly nint stride;
    private readonly PendingFactors pending;
    private readonly SweptFactor factor;
    // The factors as rows, for the products.
    private readonly Scratch<double> rows;
    // Rows and diagonals of P and G, each padded to whole strips.
    private readonly Scratch<double> lines;
    private readonly double* rowP, rowG, diagonalP, diagonalG;
    private readonly double[] pivots = new double[Block], scores;
    private readonly int[] column;
    private readonly SpinWorkerPool pool;
    private int living;
    // The removal that the pool works on.
    private int slot;
    private double pivot, weight;

    public ChannelSweep(double* p, double* g, int n, int stride, int threads)
    {
        // An odd number of cache lines, so that the rows do not all begin in one set of a cache.
        var padded = PendingFactors.Padded(n);
        (this.p, this.g, this.stride, this.threads, living) = (new(p, stride), new(g, stride), padded + 8, threads, n);
        pending = new(Block, n);
        factor = new(p, stride, n, Block);
        rows = new(3L * Block * this.stride);
        lines = new(4L * padded);
        new Span<double>(lines.Pointer, 4 * padded).Clear();
        rowP = lines.Pointer;
        rowG = rowP + padded;
        diagonalP = rowG + padded;
        diagonalG = diagonalP + padded;
        scores = new double[n];
        column = [.. Enumerable.Range(0, n)];
        pool = new(n < WorthPool ? 1 : Workers.Count(threads), RemovePart);
        for (var i = 0; i < n; i++)
            (diagonalP[i], diagonalG[i]) = (this.p.Diagonal(i), this.g.Diagonal(i));
    }

    public EliminationResult Run(ReadOnlySpan<bool> dead)
    {
        var n = living;
        var order = new int[n];
        var scores = new double[n];
        var step = 0;
        for (var j = 0; j < dead.Length; j++)
            if (dead[j])
                order[step++] = j;
        var dying = new List<int>();
        for (var slot = living - 1; slot >= 0; slot--)
            if (dead.Length > 0 && dead[slot])
                dying.Add(slot);
        Fill(dying);
        while (step < n)
        {
            var slot = Cheapest(out var score);
            (order[step], scores[step++]) = (column[slot], score);
            Remove(slot);
            if (pending.Count == Block || step == n)
                Apply(step);
        }
        factor.Arrange(order, threads);
        return new(order, scores);
    }

    /// <summary>The living slot of least score; of equal ones that of the lowest column, for slots do not keep the order of columns.</summary>
    private int Cheapest(out double score)
    {
        var scores = this.scores.AsSpan(0, living);
        TensorPrimitives.Divide(new ReadOnlySpan<double>(diagonalG, living), new ReadOnlySpan<double>(diagonalP, living), scores);
        var best = TensorPrimitives.IndexOfMin<double>(scores);
        score = scores[best];
        if (!(diagonalP[best] > 0))
            throw new NotPositiveDefiniteException("The inverse Hessian", column[best]);
        if (!double.IsFinite(score))
            throw new ArithmeticException($"The Gram of the weights has no finite diagonal at column {column[best]}; look for NaN or infinity in the weights.");
        for (var slot = 0; (slot = IndexOf(scores, score, slot)) >= 0; slot++)
            if (column[slot] < column[best])
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
        (this.slot, pivot, weight) = (slot, diagonalP[slot], diagonalG[slot]);
        pending.Aim(slot, pivots);
        pool.Run();
        pivots[pending.Count] = pivot;
        pending.Appended();
        factor.Kept();
        // An infinite score keeps a removed slot from being chosen again until it is filled.
        (diagonalP[slot], diagonalG[slot]) = (1, double.PositiveInfinity);
    }

    /// <summary>The strips of one piece: the exact rows of P and G at the removed slot, and the factors and diagonals that follow from them.</summary>
    private void RemovePart(int piece)
    {
        var strips = PendingFactors.Padded(living) / PendingFactors.Strip;
        int first = strips * piece / pool.Pieces * PendingFactors.Strip, padded = strips * (piece + 1) / pool.Pieces * PendingFactors.Strip;
        var end = Math.Min(padded, living);
        if (first >= end)
            return;
        p.CopyRow(slot, first, end, rowP);
        g.CopyRow(slot, first, end, rowG);
        pending.Correct(rowP, rowG, first, padded);
        if (first <= slot && slot < end)
            (rowP[slot], rowG[slot]) = (pivot, weight);
        factor.Keep(rowP, pivot, first, end);
        pending.Append(rowP, rowG, pivot, weight, diagonalP, diagonalG, first, padded);
    }

    /// <summary>Drops the removed slots, then subtracts all pending factors from the living part.</summary>
    private void Apply(int step)
    {
        var columns = column.AsSpan(0, living).ToArray();
        var (removals, holes) = (pending.Count, new List<int>(Block));
        for (var slot = living - 1; slot >= 0; slot--)
            if (double.IsPositiveInfinity(diagonalG[slot]))
                holes.Add(slot);
        Fill(holes);
        factor.Store(step - removals, columns, threads);
        if (living == 0)
            return;
        var h = rows.Pointer;
        var c = h + Block * stride;
        pending.CopyRows(h, stride, living, threads);
        g.Subtract(h, c, (int)stride, 2 * Block, living, threads);
        // c is scaled by √p here, after its last use above, so that P −= Σ p c cᵀ is a plain product.
        Workers.For(Block, threads, k =>
        {
            var row = new Span<double>(c + k * stride, living);
            TensorPrimitives.Multiply(row, Math.Sqrt(pivots[k]), row);
        });
        p.Subtract(c, c, (int)stride, Block, living, threads);
        pending.Clear();
    }

    /// <summary>Fills each hole, from the highest down, with the slot that is then the last.</summary>
    private void Fill(List<int> holes)
    {
        var living = this.living;
        // P and G wait for memory, each by itself.
        Workers.For(2, threads, matrix =>
        {
            for (var k = 0; k < holes.Count; k++)
                (matrix == 0 ? p : g).Move(living - 1 - k, holes[k]);
        });
        foreach (var hole in holes)
        {
            var last = --this.living;
            (diagonalP[hole], diagonalG[hole], column[hole]) = (diagonalP[last], diagonalG[last], column[last]);
            pending.Move(last, hole);
        }
    }

    public void Dispose()
    {
        pool.Dispose();
        pending.Dispose();
        factor.Dispose();
        rows.Dispose();
        lines.Dispose();
    }
}
