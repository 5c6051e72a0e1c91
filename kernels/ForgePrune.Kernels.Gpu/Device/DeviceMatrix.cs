using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>A contiguous row-major matrix in the memory of a device.</summary>
public sealed class DeviceMatrix<T> : IDisposable where T : unmanaged
{
    private readonly MemoryBuffer1D<T, Stride1D.Dense> _buffer;

    /// <summary>rows × cols elements, all zero where tests do not ask for worse (<see cref="GpuDevice.Fresh"/>).</summary>
    public DeviceMatrix(GpuDevice device, int rows, int cols)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(cols);
        (Rows, Cols) = (rows, cols);
        // A buffer of no element is not allowed.
        _buffer = device.Accelerator.Allocate1D<T>(Math.Max(1L, (long)rows * cols));
        _buffer.MemSet(device.Fresh);
    }

    public int Rows { get; }

    public int Cols { get; }

    /// <summary>All elements, row by row.</summary>
    public ArrayView<T> View => _buffer.View;

    /// <summary>The elements from (row, col) on.</summary>
    public ArrayView<T> From(int row, int col) => View.SubView((long)row * Cols + col, (long)(Rows - row) * Cols - col);

    /// <summary>Copies rows of <paramref name="stride"/> elements of the host here.</summary>
    public void Upload(ReadOnlySpan<T> source, int stride) => Upload(source, stride, Rows);

    /// <summary>The same for the first rows only.</summary>
    public void Upload(ReadOnlySpan<T> source, int stride, int rows)
    {
        if (rows == 0 || Cols == 0)
            return;
        // One transfer where the rows follow each other: each costs its own round trip.
        if (stride == Cols)
            View.SubView(0, (long)rows * Cols).CopyFromCPU<T, ArrayView<T>>(source[..(rows * Cols)]);
        else
            for (var row = 0; row < rows; row++)
                Line(row).CopyFromCPU<T, ArrayView<T>>(source.Slice(row * stride, Cols));
    }

    /// <summary>Takes the elements of a matrix of the same shape; only queues the work.</summary>
    public void CopyFrom(DeviceMatrix<T> source)
    {
        if (source.Rows != Rows || source.Cols != Cols)
            throw new ArgumentException($"The source is {source.Rows} x {source.Cols}; it must be {Rows} x {Cols}.", nameof(source));
        _buffer.View.CopyFrom(source.View);
    }

    /// <summary>Copies to rows of <paramref name="stride"/> elements of the host.</summary>
    public void Download(Span<T> target, int stride)
    {
        if (Rows == 0 || Cols == 0)
            return;
        if (stride == Cols)
            View.SubView(0, (long)Rows * Cols).CopyToCPU<T, ArrayView<T>>(target[..(Rows * Cols)]);
        else
            for (var row = 0; row < Rows; row++)
                Line(row).CopyToCPU<T, ArrayView<T>>(target.Slice(row * stride, Cols));
    }

    private ArrayView<T> Line(int row) => View.SubView((long)row * Cols, Cols);

    public void Dispose() => _buffer.Dispose();
}
