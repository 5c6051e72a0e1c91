namespace ForgePrune.Kernels.Gpu;

/// <summary>Room for the removal of <paramref name="size"/> columns of n at once.</summary>
internal sealed class GroupWorkspace(GroupSteps steps, int size, int n) : IDisposable
{
    public GpuCholesky Cholesky { get; } = new(steps.Device, steps.Product, size);

    public DeviceMatrix<int> Columns { get; } = new(steps.Device, 1, size);

    /// <summary>P_S: and later V = L⁻¹ P_S: (size × n).</summary>
    public DeviceMatrix<double> RowsP { get; } = new(steps.Device, size, n);

    /// <summary>G_S: and later H_S = G_S: − G_SS C / 2 (size × n).</summary>
    public DeviceMatrix<double> RowsG { get; } = new(steps.Device, size, n);

    /// <summary>C = (P_SS)⁻¹ P_S: (size × n).</summary>
    public DeviceMatrix<double> Solved { get; } = new(steps.Device, size, n);

    /// <summary>P_SS, its factor L, then L⁻¹ (size × size).</summary>
    public DeviceMatrix<double> Factor { get; } = new(steps.Device, size, size);

    /// <summary>(P_SS)⁻¹ (size × size).</summary>
    public DeviceMatrix<double> Inverse { get; } = new(steps.Device, size, size);

    /// <summary>G_SS (size × size).</summary>
    public DeviceMatrix<double> PartG { get; } = new(steps.Device, size, size);

    public DeviceMatrix<double> Dots { get; } = new(steps.Device, 1, size);

    public void Dispose()
    {
        foreach (var part in new IDisposable[] { Cholesky, Columns, RowsP, RowsG, Solved, Factor, Inverse, PartG, Dots })
            part.Dispose();
    }
}
