namespace ForgePrune.Kernels.Gpu;

/// <summary>Sweeps on a device. P and G stay there in two copies, one untouched and one that the sweep destroys: 32·n² bytes.</summary>
internal sealed class GpuGroupSweeps : IGroupSweeps
{
    private readonly GroupSteps _steps;
    private readonly GpuSaliency _dense;
    private readonly DeviceMatrix<double> _p, _g;
    private readonly int _width;
    private GroupWorkspace? _room;

    /// <param name="dense">P and G with nothing removed; taken over.</param>
    /// <param name="hessian">H, n × n. Only read.</param>
    public GpuGroupSweeps(GroupSteps steps, GpuSaliency dense, ReadOnlySpan<double> hessian, int width)
    {
        var n = dense.Inverse.Rows;
        (_steps, _dense, _width) = (steps, dense, width);
        (_p, _g) = (new(steps.Device, n, n), new(steps.Device, n, n));
        _p.Upload(hessian, n);
        using DeviceMatrix<double> dots = new(steps.Device, 1, n);
        Energy = steps.Trace.Of(_p, dense.WeightGram, dots);
    }

    public double Energy { get; }

    public IGroupEliminator Start()
    {
        _p.CopyFrom(_dense.Inverse);
        _g.CopyFrom(_dense.WeightGram);
        return new GpuGroupEliminator(_steps, _p, _g, _width, Room);
    }

    /// <summary>One room at a time: a sweep removes heads of one size, then groups of one size, or the other way round.</summary>
    private GroupWorkspace Room(int columns)
    {
        if (_room?.Columns.Cols == columns)
            return _room;
        _room?.Dispose();
        return _room = new(_steps, columns, _p.Cols);
    }

    public void Dispose()
    {
        _room?.Dispose();
        _dense.Dispose();
        _p.Dispose();
        _g.Dispose();
    }
}
