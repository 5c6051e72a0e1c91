namespace ForgePrune.Kernels;

/// <summary>
/// Removes blocks of equally many neighbouring columns, such as the heads of an output projection, one choice at a time. For a set S of columns
/// score(S) = tr((P_SS)⁻¹ G_SS); removing it is C = (P_SS)⁻¹ P_S:, P ← P − P_:S C and G ← G − H_Sᵀ C − Cᵀ H_S with H_S = G_S: − G_SS C / 2.
/// </summary>
/// <remarks>
/// Living blocks are kept in leading slots, so the matrices shrink as blocks go. Float64; the same result for every number of threads.
/// </remarks>
public sealed class GroupEliminator : IGroupEliminator
{
    private readonly Memory<double> _p, _g;
    private readonly int _stride, _width, _threads;
    // Slot of each block (-1: removed) and block of each slot.
    private readonly int[] _slot, _block;

    /// <summary>Takes the matrices over: they are changed by every removal and destroyed in the end.</summary>
    /// <param name="inverse">P = H⁻¹, n × n, full symmetric, stride n.</param>
    /// <param name="weightGram">G = WᵀW, n × n, full symmetric, stride n.</param>
    /// <param name="n">Columns, a multiple of the block width.</param>
    /// <param name="width">Columns of one block.</param>
    public GroupEliminator(Memory<double> inverse, Memory<double> weightGram, int n, int width, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        Shape.Require<double>(inverse.Span, n, n, n);
        Shape.Require<double>(weightGram.Span, n, n, n);
        if (n % width != 0)
            throw new ArgumentException($"{n} columns are no multiple of the block width {width}; pass whole blocks.", nameof(n));
        (_p, _g, _stride, _width, _threads, Living) = (inverse, weightGram, n, width, threads, n / width);
        _slot = [.. Enumerable.Range(0, Living)];
        _block = [.. Enumerable.Range(0, Living)];
    }

    /// <summary>Blocks in all.</summary>
    public int Blocks => _slot.Length;

    /// <summary>Blocks not yet removed.</summary>
    public int Living { get; private set; }

    /// <summary>Whether <paramref name="block"/> is not yet removed.</summary>
    public bool IsLiving(int block) => _slot[block] >= 0;

    /// <summary>Cost of removing one block now.</summary>
    public double Score(int block) => Score([block]);

    /// <summary>Exact cost of removing several blocks together now, such as all query heads of a KV group.</summary>
    /// <exception cref="NotPositiveDefiniteException">P restricted to the blocks is not positive definite.</exception>
    public double Score(ReadOnlySpan<int> blocks)
    {
        var columns = Columns(blocks);
        var size = columns.Length;
        var (factor, solved) = (Part(_p.Span, columns), Part(_g.Span, columns));
        Factor(factor, size, blocks);
        TriangularSolve.Lower(factor, size, size, solved, size, size, threads: 1);
        TriangularSolve.LowerTransposed(factor, size, size, solved, size, size, threads: 1);
        var trace = 0.0;
        for (var i = 0; i < size; i++)
            trace += solved[i * size + i];
        return trace;
    }

    /// <summary>The living block of least score among those flagged (one flag for each block; empty: all); the lowest index of equal ones; -1 if there is none.</summary>
    public int Cheapest(ReadOnlySpan<bool> candidate)
    {
        if (candidate.Length != 0 && candidate.Length != Blocks)
            throw new ArgumentException($"candidate holds {candidate.Length} flags for {Blocks} blocks; pass one flag for each block, or none at all.", nameof(candidate));
        var scores = new double[Blocks];
        Array.Fill(scores, double.PositiveInfinity);
        var open = new List<int>();
        for (var block = 0; block < Blocks; block++)
            if (IsLiving(block) && (candidate.IsEmpty || candidate[block]))
                open.Add(block);
        Workers.For(open.Count, _threads, i => scores[open[i]] = Score(open[i]));
        var best = -1;
        foreach (var block in open)
            if (best < 0 || scores[block] < scores[best])
                best = block;
        return best;
    }

    /// <summary>Removes one block and returns what it cost.</summary>
    public double Remove(int block) => Remove([block]);

    /// <summary>Removes several blocks together and returns their joint cost.</summary>
    /// <exception cref="NotPositiveDefiniteException">P restricted to the blocks is not positive definite; nothing was removed.</exception>
    public double Remove(ReadOnlySpan<int> blocks)
    {
        var cost = Score(blocks);
        var columns = Columns(blocks);
        var (size, m) = (columns.Length, Living * _width);
        var factor = Part(_p.Span, columns);
        Factor(factor, size, blocks);
        // V = L⁻¹ P_S:, so that P_:S (P_SS)⁻¹ P_S: = VᵀV and stays symmetric; C = L⁻ᵀ V.
        var v = Rows(_p.Span, columns, m);
        TriangularSolve.Lower(factor, size, size, v, m, m, _threads);
        var c = v.AsSpan().ToArray();
        TriangularSolve.LowerTransposed(factor, size, size, c, m, m, _threads);
        var h = Rows(_g.Span, columns, m);
        Product.Multiply(Operand.Plain, Operand.Plain, size, m, size, -0.5, Part(_g.Span, columns), size, c, m, 1, h, m, _threads);
        Subtract(_p.Span, v, v, size, m);
        Subtract(_g.Span, h, c, size, m);
        Subtract(_g.Span, c, h, size, m);
        Symmetric.MirrorLower(_p.Span, m, _stride, _threads);
        Symmetric.MirrorLower(_g.Span, m, _stride, _threads);
        foreach (var block in blocks)
            Drop(block);
        return cost;
    }

    private unsafe void Subtract(Span<double> target, double[] left, double[] right, int depth, int m)
    {
        fixed (double* l = left, r = right, t = target)
            Product.Add(Operand.Transposed, Operand.Plain, m, m, depth, -1.0, l, m, r, m, t, _stride, _threads, lower: true);
    }

    private int[] Columns(ReadOnlySpan<int> blocks)
    {
        var columns = new int[blocks.Length * _width];
        for (var i = 0; i < blocks.Length; i++)
        {
            if ((uint)blocks[i] >= (uint)Blocks || !IsLiving(blocks[i]) || blocks[..i].Contains(blocks[i]))
                throw new ArgumentException($"Block {blocks[i]} is out of range, removed already or named twice; name distinct living blocks from 0 to {Blocks - 1}.", nameof(blocks));
            for (var j = 0; j < _width; j++)
                columns[i * _width + j] = _slot[blocks[i]] * _width + j;
        }
        return columns;
    }

    private double[] Part(ReadOnlySpan<double> matrix, int[] columns)
    {
        var part = new double[columns.Length * columns.Length];
        for (var i = 0; i < columns.Length; i++)
            for (var j = 0; j < columns.Length; j++)
                part[i * columns.Length + j] = matrix[columns[i] * _stride + columns[j]];
        return part;
    }

    private double[] Rows(ReadOnlySpan<double> matrix, int[] columns, int m)
    {
        var rows = new double[columns.Length * m];
        for (var i = 0; i < columns.Length; i++)
            matrix.Slice(columns[i] * _stride, m).CopyTo(rows.AsSpan(i * m));
        return rows;
    }

    private static void Factor(double[] part, int size, ReadOnlySpan<int> blocks)
    {
        var pivot = Cholesky.Factor(part, size, size, threads: 1);
        if (pivot >= 0)
            throw new NotPositiveDefiniteException($"The inverse Hessian of blocks {string.Join(", ", blocks.ToArray())}", pivot);
    }

    /// <summary>Puts the last living block in the place of a removed one.</summary>
    private void Drop(int block)
    {
        var (hole, last) = (_slot[block], --Living);
        _slot[block] = -1;
        if (hole == last)
            return;
        Move(_p.Span, last, hole);
        Move(_g.Span, last, hole);
        _block[hole] = _block[last];
        _slot[_block[hole]] = hole;
    }

    private void Move(Span<double> matrix, int last, int hole)
    {
        for (var row = 0; row < _width; row++)
            matrix.Slice((last * _width + row) * _stride, (last + 1) * _width).CopyTo(matrix[((hole * _width + row) * _stride)..]);
        for (var row = 0; row < last * _width; row++)
            matrix.Slice(row * _stride + last * _width, _width).CopyTo(matrix[(row * _stride + hole * _width)..]);
    }
}
