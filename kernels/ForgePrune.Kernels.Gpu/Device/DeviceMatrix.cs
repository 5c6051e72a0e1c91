using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>A contiguous row-major matrix in the memory of a device.</summary>
public sealed class DeviceMatrix<T> : IDisposable where T : unmanaged
{
    private readonly MemoryBuffer1D<T, Stride1D.Dense> _buffer;

    /// <summary>rows × cols elements, all zero.</summary>
    public DeviceMatrix(GpuDevice device, int rows, int cols)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(cols);
        (Rows, Cols) = (rows, cols);
        // A buffer of no element is not allowed.
        _buffer = device.Accelerator.Allocate1D<T>(Math.Max(1L, (long)rows * cols));
        _buffer.MemSetToZero();
    }

    public int Rows { get; }

    public int Cols { get; }

    /// <summary>All elements, row by row.</summary>
    public ArrayView<T> View => _buffer.View;

    /// <summary>The elements from (row, col) on.</summary>
    public ArrayView<T> From(int row, int col) => View.SubView((long)row * Cols + col, (long)(Rows - row) * Cols - col);

    /// <summary>Copies rows of <paramref name="stride"/> elements of the host here.</summary>
    public void Upload(ReadOnlySpan<T> source, int stride)
    {
        for (var row = 0; row < Rows && Cols > 0; row++)
            Line(row).CopyFromCPU<T, ArrayView<T>>(source.Slice(row * stride, Cols));
    }

    /// <summary>Copies to rows of <paramref name="stride"/> elements of the host.</summary>
    public void Download(Span<T> target, int stride)
    {
        for (var row = 0; row < Rows && Cols > 0; row++)
            Line(row).CopyToCPU<T, ArrayView<T>>(target.Slice(row * stride, Cols));
    }

    private ArrayView<T> Line(int row) => View.SubView((long)row * Cols, Cols);

    public void Dispose() => _buffer.Dispose();
}
