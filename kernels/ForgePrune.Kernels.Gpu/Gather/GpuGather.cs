using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary><see cref="ForgePrune.Kernels.Gather"/> for float64 matrices on a device. Indices are those of one row of <c>DeviceMatrix&lt;int&gt;</c>; calls only queue the work.</summary>
internal sealed class GpuGather(GpuDevice device)
{
    private readonly Action<Index1D, ArrayView<double>, int, ArrayView<int>, int, ArrayView<double>> rows =
        device.Accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<double>, int, ArrayView<int>, int, ArrayView<double>>(GatherKernels.Rows);

    private readonly Action<Index1D, ArrayView<double>, int, ArrayView<int>, int, ArrayView<double>> columns =
        device.Accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<double>, int, ArrayView<int>, int, ArrayView<double>>(GatherKernels.Columns);

    /// <summary>target (indices × cols) = source[indices, :].</summary>
    public void Rows(DeviceMatrix<double> source, DeviceMatrix<int> indices, DeviceMatrix<double> target)
    {
        Require(target, indices.Cols, source.Cols);
        if (target.Rows > 0 && target.Cols > 0)
            rows(target.Rows * target.Cols, source.View, source.Cols, indices.View, target.Cols, target.View);
    }

    /// <summary>target (rows × indices) = source[:, indices].</summary>
    public void Columns(DeviceMatrix<double> source, DeviceMatrix<int> indices, DeviceMatrix<double> target)
    {
        Require(target, source.Rows, indices.Cols);
        if (target.Rows > 0 && target.Cols > 0)
            columns(target.Rows * target.Cols, source.View, source.Cols, indices.View, target.Cols, target.View);
    }

    private static void Require(DeviceMatrix<double> target, int rows, int cols)
    {
        if (target.Rows != rows || target.Cols != cols)
            throw new ArgumentException($"The target is {target.Rows} x {target.Cols}; it must be {rows} x {cols}.", nameof(target));
    }
}
