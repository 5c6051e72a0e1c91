using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary><see cref="Gather"/> on a device: chosen rows, columns or blocks of them in the order of the indices; an index may repeat.</summary>
/// <remarks>Target must not be source. Calls only queue the work, after the indices went over.</remarks>
internal sealed class GpuBlockGather(GpuDevice device, int largest) : IDisposable
{
    private readonly Action<KernelConfig, ArrayView<float>, int, ArrayView<int>, int, ArrayView<float>> rows =
        device.Accelerator.LoadStreamKernel<ArrayView<float>, int, ArrayView<int>, int, ArrayView<float>>(BlockGatherKernels.RowBlocks);

    private readonly Action<KernelConfig, ArrayView<float>, int, ArrayView<int>, int, ArrayView<float>, int> columns =
        device.Accelerator.LoadStreamKernel<ArrayView<float>, int, ArrayView<int>, int, ArrayView<float>, int>(BlockGatherKernels.ColumnBlocks);

    private readonly DeviceMatrix<int> blocks = new(device, 1, largest);

    /// <summary>target (blocks · width × cols) = the blocks of <paramref name="width"/> rows of source (rows × cols), as heads of a q, k or v
    /// projection.</summary>
    public void RowBlocks(DeviceMatrix<float> source, int width, ReadOnlySpan<int> blocks, DeviceMatrix<float> target)
    {
        Gather.Require(blocks, width, source.Rows);
        RequireTarget(target, blocks.Length * width, source.Cols);
        if (target.Rows > 0 && target.Cols > 0)
            rows(new KernelConfig(target.Rows, device.Lanes), source.View, source.Cols, Sent(blocks), width, target.View);
    }

    /// <summary>target (rows × blocks · width) = the blocks of <paramref name="width"/> columns of source (rows × cols), as heads of an output
    /// projection.</summary>
    public void ColumnBlocks(DeviceMatrix<float> source, int width, ReadOnlySpan<int> blocks, DeviceMatrix<float> target)
    {
        Gather.Require(blocks, width, source.Cols);
        RequireTarget(target, source.Rows, blocks.Length * width);
        if (target.Rows > 0 && target.Cols > 0)
            columns(new KernelConfig(target.Rows, device.Lanes), source.View, source.Cols, Sent(blocks), width, target.View, target.Cols);
    }

    private ArrayView<int> Sent(ReadOnlySpan<int> blocks)
    {
        if (blocks.Length > this.blocks.Cols)
            throw new ArgumentException($"{blocks.Length} indices do not fit; this gather was made for at most {this.blocks.Cols}.", nameof(blocks));
        var view = this.blocks.View.SubView(0, blocks.Length);
        view.CopyFromCPU<int, ArrayView<int>>(blocks);
        return view;
    }

    private static void RequireTarget(DeviceMatrix<float> target, int rows, int cols)
    {
        if (target.Rows != rows || target.Cols != cols)
            throw new ArgumentException($"The target is {target.Rows} x {target.Cols}; these indices make it {rows} x {cols}.", nameof(target));
    }

    public void Dispose() => blocks.Dispose();
}
