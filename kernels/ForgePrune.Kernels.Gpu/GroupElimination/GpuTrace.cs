using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>tr(A·B) of two symmetric matrices: the dots of their columns on the device, their sum on the host, always in the same order.</summary>
internal sealed class GpuTrace(GpuDevice device)
{
    private readonly Action<Index1D, ArrayView<double>, ArrayView<double>, int, int, ArrayView<double>> dots =
        device.Accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<double>, ArrayView<double>, int, int, ArrayView<double>>(GroupKernels.ColumnDots);

    /// <summary>Waits and gives the trace of the product of two n × n matrices; <paramref name="dots"/> is workspace of n elements.</summary>
    public double Of(DeviceMatrix<double> a, DeviceMatrix<double> b, DeviceMatrix<double> dots)
    {
        if (a.Cols == 0)
            return 0;
        this.dots(a.Cols, a.View, b.View, a.Rows, a.Cols, dots.View);
        var values = new double[a.Cols];
        dots.Download(values, a.Cols);
        var sum = 0.0;
        foreach (var value in values)
            sum += value;
        return sum;
    }
}
