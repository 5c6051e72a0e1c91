namespace ForgePrune.Kernels;

/// <summary>
/// Removes blocks of equally many neighboring columns, such as the heads of an output projection, one choice at a time. For a set S of columns
/// score(S) = tr((P_SS)⁻¹ G_SS); removing it is C = (P_SS)⁻¹ P_S:, P ← P − P_:S C and G ← G − H_Sᵀ C − Cᵀ H_S with H_S = G_S: − G_SS C / 2.
/// </summary>
/// <remarks>
/// The score is that of Optimal Brain Surgeon for sets of weights, as ZipLM (Kurtić, Frantar and Alistarh 2023) prunes structures, summed over the rows of W.
/// Living blocks are kept in leading slots, so the matrices shrink as blocks go. Float64; the same result for every number of threads.
/// </remarks>
public sealed class GroupEliminator : IGroupEliminator
{
    private readonly Memory<double> p, g;
    private readonly int stride, width, threads;
    // Slot of each block (-1: removed) and block of each slot.
    private readonly int[] slot, block;

    /// <summary>Takes the matrices over: every removal changes them.</summary>
    /// <param name="inverse">P = H⁻¹, n × n, row-major without gaps, symmetric in both halves.</param>
    /// <param name="weightGram">G = WᵀW, n × n, row-major without gaps, symmetric in both halves.</param>
    /// <param name="n">Columns of the layer, a multiple of the block width.</param>
    /// <param name="width">Columns of one block, at least 1.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A matrix is too short for its shape, or n is no multiple of the width.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The width is not positive, or n is negative.</exception>
    public GroupEliminator(Memory<double> inverse, Memory<double> weightGram, int n, int width, int threads)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        Shape.Require<double>(inverse.Span, n, n, n);
        Shape.Require<double>(weightGram.Span, n, n, n);
        if (n % width != 0)
            throw new ArgumentException($"{n} columns are no multiple of the block width {width}; pass whole blocks.", nameof(n));
        (p, g, stride, this.width, this.threads, Living) = (inverse, weightGram, n, width, threads, n / width);
        slot = [.. Enumerable.Range(0, Living)];
        block = [.. Enumerable.Range(0, Living)];
    }

    /// <summary>The number of blocks in all, removed ones among them.</summary>
    public int Blocks => slot.Length;

    /// <summary>The number of blocks that are not yet removed.</summary>
    public int Living { get; private set; }

    /// <summary>Whether a block is not yet removed.</summary>
    /// <param name="block">Index of the block.</param>
    /// <exception cref="IndexOutOfRangeException">There is no such block.</exception>
    public bool IsLiving(int block) => slot[block] >= 0;

    /// <summary>The exact cost of removing one block now: tr((P_SS)⁻¹ G_SS).</summary>
    /// <param name="block">A living block.</param>
    /// <exception cref="ArgumentException">A block is out of range, removed already, or named twice.</exception>
    /// <exception cref="NotPositiveDefiniteException">P restricted to the blocks is not positive definite.</exception>
    public double Score(int block) => Score([block]);

    /// <summary>The exact cost of removing several blocks together now, such as all query heads of a KV group: tr((P_SS)⁻¹ G_SS).</summary>
    /// <param name="blocks">Distinct living blocks.</param>
    /// <exception cref="ArgumentException">A block is out of range, removed already, or named twice.</exception>
    /// <exception cref="NotPositiveDefiniteException">P restricted to the blocks is not positive definite.</exception>
    public double Score(ReadOnlySpan<int> blocks)
    {
        var columns = Columns(blocks);
        var size = columns.Length;
        var (factor, solved) = (Part(p.Span, columns), Part(g.Span, columns));
        Factor(factor, size, blocks);
        TriangularSolve.Lower(factor, size, size, solved, size, size, threads: 1);
        TriangularSolve.LowerTransposed(factor, size, size, solved, size, size, threads: 1);
        var trace = 0.0;
        for (var i = 0; i < size; i++)
            trace += solved[i * size + i];
        return trace;
    }

    /// <summary>Finds the living block of least score; of equal ones that of the lowest index.</summary>
    /// <param name="candidate">One flag for each block that may be chosen; empty: all may.</param>
    /// <returns>The index of the block; −1 if no living block may be chosen.</returns>
    /// <exception cref="ArgumentException">There are flags, but not one for each block.</exception>
    /// <exception cref="NotPositiveDefiniteException">P restricted to a block is not positive definite.</exception>
    public int Cheapest(ReadOnlySpan<bool> candidate)
    {
        if (candidate.Length != 0 && candidate.Length != Blocks)
            throw new ArgumentException($"candidate holds {candidate.Length} flags for {Blocks} blocks; pass one flag for each block, or none at all.",
                nameof(candidate));
        var scores = new double[Blocks];
        Array.Fill(scores, double.PositiveInfinity);
        var open = new List<int>();
        for (var block = 0; block < Blocks; block++)
            if (IsLiving(block) && (candidate.IsEmpty || candidate[block]))
                open.Add(block);
        Workers.For(open.Count, threads, i => scores[open[i]] = Score(open[i]));
        var best = -1;
        foreach (var block in open)
            if (best < 0 || scores[block] < scores[best])
                best = block;
        return best;
    }

    /// <summary>Removes one block.</summary>
    /// <param name="block">A living block.</param>
    /// <returns>The cost of the removal.</returns>
    /// <exception cref="ArgumentException">A block is out of range, removed already, or named twice.</exception>
    /// <exception cref="NotPositiveDefiniteException">P restricted to the blocks is not positive definite; nothing was removed.</exception>
    public double Remove(int block) => Remove([block]);

    /// <summary>Removes several blocks together.</summary>
    /// <param name="blocks">Distinct living blocks.</param>
    /// <returns>The joint cost of the removal.</returns>
    /// <exception cref="ArgumentException">A block is out of range, removed already, or named twice.</exception>
    /// <exception cref="NotPositiveDefiniteException">P restricted to the blocks is not positive definite; nothing was removed.</exception>
    public double Remove(ReadOnlySpan<int> blocks)
    {
        var cost = Score(blocks);
        var columns = Columns(blocks);
        var (size, m) = (columns.Length, Living * width);
        var factor = Part(p.Span, columns);
        Factor(factor, size, blocks);
        // V = L⁻¹ P_S:, so that P_:S (P_SS)⁻¹ P_S: = VᵀV and stays symmetric; C = L⁻ᵀ V.
        var v = Rows(p.Span, columns, m);
        TriangularSolve.Lower(factor, size, size, v, m, m, threads);
        var c = v.AsSpan().ToArray();
        TriangularSolve.LowerTransposed(factor, size, size, c, m, m, threads);
        var h = Rows(g.Span, columns, m);
        Product.Multiply(Transpose.No, Transpose.No, size, m, size, -0.5, Part(g.Span, columns), size, c, m, 1, h, m, threads);
        Subtract(p.Span, v, v, size, m);
        Subtract(g.Span, h, c, size, m);
        Subtract(g.Span, c, h, size, m);
        Symmetric.MirrorLower(p.Span, m, stride, threads);
        Symmetric.MirrorLower(g.Span, m, stride, threads);
        foreach (var block in blocks)
            Drop(block);
        return cost;
    }

    private unsafe void Subtract(Span<double> target, double[] left, double[] right, int depth, int m)
    {
        fixed (double* l = left, r = right, t = target)
            Product.Add(Transpose.Yes, Transpose.No, m, m, depth, -1.0, l, m, r, m, t, stride, threads, lower: true);
    }

    private int[] Columns(ReadOnlySpan<int> blocks)
    {
        var columns = new int[blocks.Length * width];
        for (var i = 0; i < blocks.Length; i++)
        {
            if ((uint)blocks[i] >= (uint)Blocks || !IsLiving(blocks[i]) || blocks[..i].Contains(blocks[i]))
                throw new ArgumentException(
                    $"Block {blocks[i]} is out of range, removed already or named twice; name distinct living blocks from 0 to {Blocks - 1}.", nameof(blocks));
            for (var j = 0; j < width; j++)
                columns[i * width + j] = slot[blocks[i]] * width + j;
        }
        return columns;
    }

    private double[] Part(ReadOnlySpan<double> matrix, int[] columns)
    {
        var part = new double[columns.Length * columns.Length];
        for (var i = 0; i < columns.Length; i++)
            for (var j = 0; j < columns.Length; j++)
                part[i * columns.Length + j] = matrix[columns[i] * stride + columns[j]];
        return part;
    }

    private double[] Rows(ReadOnlySpan<double> matrix, int[] columns, int m)
    {
        var rows = new double[columns.Length * m];
        for (var i = 0; i < columns.Length; i++)
            matrix.Slice(columns[i] * stride, m).CopyTo(rows.AsSpan(i * m));
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
        var (hole, last) = (slot[block], --Living);
        slot[block] = -1;
        if (hole == last)
            return;
        Move(p.Span, last, hole);
        Move(g.Span, last, hole);
        this.block[hole] = this.block[last];
        slot[this.block[hole]] = hole;
    }

    private void Move(Span<double> matrix, int last, int hole)
    {
        for (var row = 0; row < width; row++)
            matrix.Slice((last * width + row) * stride, (last + 1) * width).CopyTo(matrix[((hole * width + row) * stride)..]);
        for (var row = 0; row < last * width; row++)
            matrix.Slice(row * stride + last * width, width).CopyTo(matrix[(row * stride + hole * width)..]);
    }
}
