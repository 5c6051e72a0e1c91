using System.Runtime.CompilerServices;
using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>A matrix in the memory of a device, row-major without gaps.</summary>
/// <typeparam name="T">Type of the elements.</typeparam>
public sealed class DeviceMatrix<T> : IDisposable where T : unmanaged
{
    private readonly GpuDevice device;
    private readonly MemoryBuffer1D<T, Stride1D.Dense> buffer;

    /// <summary>Takes memory for rows × cols elements, all zero.</summary>
    /// <param name="device">Device whose memory holds it; must stay open.</param>
    /// <param name="rows">Rows.</param>
    /// <param name="cols">Columns.</param>
    /// <exception cref="ArgumentOutOfRangeException">An extent is negative.</exception>
    /// <exception cref="AcceleratorException">The device has too little memory left.</exception>
    public DeviceMatrix(GpuDevice device, int rows, int cols)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        ArgumentOutOfRangeException.ThrowIfNegative(cols);
        (this.device, Rows, Cols) = (device, rows, cols);
        // A buffer of no element is not allowed.
        buffer = device.Accelerator.Allocate1D<T>(Elements);
        device.Take(Bytes);
        buffer.MemSet(device.Fresh);
    }

    /// <summary>The number of rows.</summary>
    public int Rows { get; }

    /// <summary>The number of columns; also the elements from one row to the next.</summary>
    public int Cols { get; }

    /// <summary>All elements, row by row.</summary>
    public ArrayView<T> View => buffer.View;

    /// <summary>The elements from one place on, row by row.</summary>
    /// <param name="row">Row of the first element.</param>
    /// <param name="col">Column of the first element.</param>
    public ArrayView<T> From(int row, int col) => View.SubView((long)row * Cols + col, (long)(Rows - row) * Cols - col);

    /// <summary>Copies a matrix of the host here.</summary>
    /// <param name="source">Source, <see cref="Rows"/> × <see cref="Cols"/>, row-major.</param>
    /// <param name="stride">Elements from one row of the source to the next.</param>
    /// <exception cref="ArgumentException">The span is too short for its shape, or the stride is below the number of columns.</exception>
    public void Upload(ReadOnlySpan<T> source, int stride) => Upload(source, stride, Rows);

    /// <summary>Copies the first rows of a matrix of the host here.</summary>
    /// <param name="source">Source, rows × <see cref="Cols"/>, row-major.</param>
    /// <param name="stride">Elements from one row of the source to the next.</param>
    /// <param name="rows">Rows to copy, at most <see cref="Rows"/>.</param>
    /// <exception cref="ArgumentException">The span is too short for its shape, or the stride is below the number of columns.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of rows is negative or too large.</exception>
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

    /// <summary>Takes the elements of another matrix of the device; only queues the work.</summary>
    /// <param name="source">A matrix of the same shape.</param>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public void CopyFrom(DeviceMatrix<T> source)
    {
        if (source.Rows != Rows || source.Cols != Cols)
            throw new ArgumentException($"The source is {source.Rows} x {source.Cols}; it must be {Rows} x {Cols}.", nameof(source));
        buffer.View.CopyFrom(source.View);
    }

    /// <summary>Copies the matrix to the host, after all work that was queued before.</summary>
    /// <param name="target">Written: <see cref="Rows"/> × <see cref="Cols"/>, row-major.</param>
    /// <param name="stride">Elements from one row of the target to the next.</param>
    /// <exception cref="ArgumentException">The span is too short for its shape, or the stride is below the number of columns.</exception>
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

    /// <summary>Copies a part of a larger matrix of the host here, row by row.</summary>
    /// <param name="source">The larger matrix, row-major.</param>
    /// <param name="start">Its element that comes first here.</param>
    /// <param name="stride">Elements from one of its rows to the next.</param>
    internal void UploadPart(ReadOnlyLongSpan<T> source, long start, int stride)
    {
        for (var row = 0; row < Rows && Cols > 0; row++)
            Line(row).CopyFromCPU<T, ArrayView<T>>(source.Span(start + (long)row * stride, Cols));
    }

    /// <summary>The way back, after all work that was queued before.</summary>
    internal void DownloadPart(LongSpan<T> target, long start, int stride)
    {
        for (var row = 0; row < Rows && Cols > 0; row++)
            Line(row).CopyToCPU<T, ArrayView<T>>(target.Span(start + (long)row * stride, Cols));
    }

    private long Elements => Math.Max(1L, (long)Rows * Cols);

    private long Bytes => Elements * Unsafe.SizeOf<T>();

    private ArrayView<T> Line(int row) => View.SubView((long)row * Cols, Cols);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (buffer.IsDisposed)
            return;
        buffer.Dispose();
        device.GiveBack(Bytes);
    }
}
