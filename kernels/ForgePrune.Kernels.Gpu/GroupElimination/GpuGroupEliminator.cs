using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// <see cref="GroupEliminator"/> on a device: the same scores and choices up to rounding. Removed blocks keep their places, so every removal costs the same;
/// the host waits once for each score.
/// </summary>
internal sealed class GpuGroupEliminator : IGroupEliminator
{
    private readonly GroupSteps steps;
    private readonly DeviceMatrix<double> p, g;
    private readonly Func<int, GroupWorkspace> workspace;
    private readonly int width;
    private readonly bool[] removed;

    /// <param name="p">P = H⁻¹, n × n, both halves; changed by every removal, as is <paramref name="g"/>, G = WᵀW.</param>
    /// <param name="workspace">Room for so many columns.</param>
    public GpuGroupEliminator(GroupSteps steps, DeviceMatrix<double> p, DeviceMatrix<double> g, int width, Func<int, GroupWorkspace> workspace) =>
        (this.steps, this.p, this.g, this.width, this.workspace, removed) = (steps, p, g, width, workspace, new bool[p.Rows / width]);

    public int Blocks => removed.Length;

    public bool IsLiving(int block) => !removed[block];

    public double Score(ReadOnlySpan<int> blocks) => Score(blocks, out _);

    public int Cheapest(ReadOnlySpan<bool> candidate)
    {
        if (candidate.Length != 0 && candidate.Length != Blocks)
            throw new ArgumentException($"candidate holds {candidate.Length} flags for {Blocks} blocks; pass one flag for each block, or none at all.",
                nameof(candidate));
        var (best, least) = (-1, double.PositiveInfinity);
        for (var block = 0; block < Blocks; block++)
        {
            if (removed[block] || (!candidate.IsEmpty && !candidate[block]))
                continue;
            var score = Score([block]);
            if (best < 0 || score < least)
                (best, least) = (block, score);
        }
        return best;
    }

    public double Remove(ReadOnlySpan<int> blocks)
    {
        var cost = Score(blocks, out var room);
        var (size, n) = (room.Columns.Cols, p.Rows);
        steps.Gather.Rows(g, room.Columns, room.RowsG);
        Multiply(DeviceOperand<double>.Rows(room.Inverse.View, size), Columns(room.RowsP), room.Solved.View, size, n, size, 1, 0);
        // H_S in the place of G_S:.
        Multiply(DeviceOperand<double>.Rows(room.PartG.View, size), Columns(room.Solved), room.RowsG.View, size, n, size, -0.5, 1);
        Multiply(Columns(room.RowsG), Columns(room.Solved), g.View, n, n, size, -1, 1);
        Multiply(Columns(room.Solved), Columns(room.RowsG), g.View, n, n, size, -1, 1);
        // V = L⁻¹ P_S:, so that P_:S (P_SS)⁻¹ P_S: = VᵀV and P stays symmetric to the last bit.
        Multiply(DeviceOperand<double>.Rows(room.Factor.View, size), Columns(room.RowsP), room.Solved.View, size, n, size, 1, 0);
        Multiply(Columns(room.Solved), Columns(room.Solved), p.View, n, n, size, -1, 1);
        foreach (var block in blocks)
            removed[block] = true;
        return cost;
    }

    /// <summary>tr((P_SS)⁻¹ G_SS); leaves P_S:, L⁻¹, (P_SS)⁻¹ and G_SS in <paramref name="room"/>.</summary>
    private double Score(ReadOnlySpan<int> blocks, out GroupWorkspace room)
    {
        var columns = ColumnsOf(blocks);
        room = workspace(columns.Length);
        room.Columns.Upload(columns, columns.Length);
        steps.Gather.Rows(g, room.Columns, room.RowsP);
        steps.Gather.Columns(room.RowsP, room.Columns, room.PartG);
        steps.Gather.Rows(p, room.Columns, room.RowsP);
        steps.Gather.Columns(room.RowsP, room.Columns, room.Factor);
        room.Cholesky.Factor(room.Factor);
        if (room.Cholesky.FailedPivot() is var pivot and >= 0)
            throw new NotPositiveDefiniteException($"The inverse Hessian of blocks {string.Join(", ", blocks.ToArray())}", pivot);
        room.Cholesky.Invert(room.Factor, room.Inverse);
        return steps.Trace.Of(room.Inverse, room.PartG, room.Dots);
    }

    private int[] ColumnsOf(ReadOnlySpan<int> blocks)
    {
        var columns = new int[blocks.Length * width];
        for (var i = 0; i < blocks.Length; i++)
        {
            if ((uint)blocks[i] >= (uint)Blocks || removed[blocks[i]] || blocks[..i].Contains(blocks[i]))
                throw new ArgumentException(
                    $"Block {blocks[i]} is out of range, removed already or named twice; name distinct living blocks from 0 to {Blocks - 1}.", nameof(blocks));
            for (var j = 0; j < width; j++)
                columns[i * width + j] = blocks[i] * width + j;
        }
        return columns;
    }

    private static DeviceOperand<double> Columns(DeviceMatrix<double> rows) => DeviceOperand<double>.Columns(rows.View, rows.Cols);

    private void Multiply(DeviceOperand<double> a, DeviceOperand<double> b, ArrayView<double> c, int m, int n, int k, double alpha, double beta) =>
        steps.Product.Multiply(a, b, c, n, m, n, k, alpha, beta);
}
