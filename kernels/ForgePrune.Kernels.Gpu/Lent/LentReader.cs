using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// Reads lent activations into a slab of a device's sum, as float32, 256 tokens at a time, and adds up their columns. The sum over tokens is cut as it is by way
/// of the host, at every 256, so its bits are the same.
/// </summary>
/// <remarks>
/// A slab has room for 512 tokens. It holds, in the place of the second 256, the sums of the columns, one float64 each (in four rows of it), and the
/// numbers of 16 bits before they are widened (in its last 128 rows): nothing is taken of the device's memory beside it.
/// </remarks>
internal sealed class LentReader
{
    private const int Rows = GramKernels.Tokens, FirstOfSums = Rows, RowsOfSums = sizeof(double) / sizeof(float);
    private const int RowsOfNarrow = Rows * sizeof(ushort) / sizeof(float), FirstOfNarrow = GpuGramSum.Slab - RowsOfNarrow;

    private readonly GpuDevice device;
    private readonly ILentCopies copies;
    private readonly Action<Index1D, ArrayView<ushort>, ArrayView<int>> half, brain;
    private readonly Action<Index1D, ArrayView<float>, int, int, ArrayView<double>> columnSums;

    /// <param name="device">Device that the kernels are compiled for; must stay open.</param>
    /// <param name="copies">Copy to that device; stay with the caller.</param>
    public LentReader(GpuDevice device, ILentCopies copies)
    {
        (this.device, this.copies) = (device, copies);
        half = Widening(device, LentKernels.WidenHalf);
        brain = Widening(device, LentKernels.WidenBrain);
        columnSums = device.Accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<float>, int, int, ArrayView<double>>(LentKernels.ColumnSums);
    }

    /// <summary>Reads all rows of X. On return the device has done everything that was queued, and X may go.</summary>
    /// <param name="columnSums">The elements of each column are added to its sum, row after row.</param>
    /// <param name="slab"><see cref="GpuGramSum.Slab"/> rows, with the columns of X.</param>
    /// <param name="use">Queues work on the first rows of the slab: is told the first row of X that is there, and how many are.</param>
    /// <exception cref="ArgumentException">X has other columns than the slab, or there are not as many sums.</exception>
    /// <exception cref="GpuDeviceException">The driver refuses a copy.</exception>
    public void Pass(LentMatrix x, Span<double> columnSums, DeviceMatrix<float> slab, Action<int, int> use)
    {
        x.Require(slab.Cols);
        if (columnSums.Length != x.Cols)
            throw new ArgumentException($"There are {columnSums.Length} sums for {x.Cols} columns.", nameof(columnSums));
        if (x.Rows == 0 || x.Cols == 0)
            return;
        var totals = slab.View.SubView((long)FirstOfSums * x.Cols, (long)RowsOfSums * x.Cols).Cast<double>();
        totals.CopyFromCPU<double, ArrayView<double>>(columnSums);
        for (var first = 0; first < x.Rows; first += Rows)
        {
            var count = Math.Min(Rows, x.Rows - first);
            Read(x, first, count, slab);
            this.columnSums(x.Cols, slab.View, count, x.Cols, totals);
            use(first, count);
        }
        totals.CopyToCPU<double, ArrayView<double>>(columnSums);
        // Whose X is may let it go now.
        device.Accelerator.DefaultStream.Synchronize();
    }

    private void Read(LentMatrix x, int first, int count, DeviceMatrix<float> slab)
    {
        var length = (long)count * x.Cols;
        var values = slab.View.SubView(0, length);
        if (x.Type == LentType.F32)
        {
            Copy(x, first, count, values.Cast<byte>());
            return;
        }
        var narrow = slab.View.SubView((long)FirstOfNarrow * x.Cols, (long)RowsOfNarrow * x.Cols).Cast<ushort>().SubView(0, length);
        Copy(x, first, count, narrow.Cast<byte>());
        (x.Type == LentType.F16 ? half : brain)(checked((int)length), narrow, values.Cast<int>());
    }

    private void Copy(LentMatrix x, int first, int count, ArrayView<byte> to)
    {
        try
        {
            var bytes = (long)x.Cols * x.ElementBytes;
            if (x.IsDense)
                copies.Copy(x.Row(first), to);
            else
                for (var row = 0; row < count; row++)
                    copies.Copy(x.Row(first + row), to.SubView(row * bytes, bytes));
        }
        catch (CudaRefusal refusal)
        {
            throw GpuDeviceException.Refused(device.Name, x.Memory, refusal);
        }
    }

    private static Action<Index1D, ArrayView<ushort>, ArrayView<int>> Widening(GpuDevice device, Action<Index1D, ArrayView<ushort>, ArrayView<int>> kernel) =>
        device.Accelerator.LoadAutoGroupedStreamKernel(kernel);
}
