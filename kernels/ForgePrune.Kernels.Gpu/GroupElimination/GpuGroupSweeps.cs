namespace ForgePrune.Kernels.Gpu;

/// <summary>Sweeps on a device. P and G stay there in two copies, one untouched and one that the sweep destroys: 32·n² bytes.</summary>
internal sealed class GpuGroupSweeps : IGroupSweeps
{
    private readonly GroupSteps steps;
    private readonly GpuSaliency dense;
    private readonly DeviceMatrix<double> p, g;
    private readonly int width;
    private GroupWorkspace? room;

    /// <param name="dense">P and G with nothing removed; taken over.</param>
    /// <param name="hessian">H, n × n. Only read.</param>
    public GpuGroupSweeps(GroupSteps steps, GpuSaliency dense, ReadOnlySpan<double> hessian, int width)
    {
        var n = dense.Inverse.Rows;
        (this.steps, this.dense, this.width) = (steps, dense, width);
        (p, g) = (new(steps.Device, n, n), new(steps.Device, n, n));
        p.Upload(hessian, n);
        using DeviceMatrix<double> dots = new(steps.Device, 1, n);
        Energy = steps.Trace.Of(p, dense.WeightGram, dots);
    }

    public double Energy { get; }

    // There is one copy to destroy.
    public int AtOnce(int sweeps) => 1;

    public IGroupEliminator Start(int atOnce)
    {
        p.CopyFrom(dense.Inverse);
        g.CopyFrom(dense.WeightGram);
        return new GpuGroupEliminator(steps, p, g, width, Room);
    }

    /// <summary>One room at a time: a sweep removes heads of one size, then groups of one size, or the other way round.</summary>
    private GroupWorkspace Room(int columns)
    {
        if (room?.Columns.Cols == columns)
            return room;
        room?.Dispose();
        return room = new(steps, columns, p.Cols);
    }

    public void Dispose()
    {
        using var here = steps.Device.Use();
        room?.Dispose();
        dense.Dispose();
        p.Dispose();
        g.Dispose();
    }
}
