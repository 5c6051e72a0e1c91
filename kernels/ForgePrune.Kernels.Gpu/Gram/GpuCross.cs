using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>Cross moments on a device: float32 products over blocks of 256 tokens, summed in float64, as <see cref="GpuGram"/> sums them.</summary>
internal sealed class GpuCross
{
    private readonly Action<ArrayView<float>, int, ArrayView<float>, int, int, int, ArrayView<double>> accumulate;

    /// <param name="device">Device that the kernel is compiled for; must stay open.</param>
    public GpuCross(GpuDevice device) => accumulate = device.Lanes < FloatTile.Lanes ? Plain(device.Accelerator) : Tiled(device.Accelerator);

    /// <summary>Adds YᵀX to a moment; only queues the work.</summary>
    /// <param name="y">Y, at least tokens × rows.</param>
    /// <param name="x">X, at least tokens × cols.</param>
    /// <param name="tokens">Rows of both that count, from the first on.</param>
    /// <param name="moment">Moment, rows × cols; added to. Of fewer than 2³¹ elements.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of tokens is negative, or greater than the rows of Y or X.</exception>
    /// <exception cref="ArgumentException">The moment is not rows × cols.</exception>
    public void Accumulate(DeviceMatrix<float> y, DeviceMatrix<float> x, int tokens, DeviceMatrix<double> moment)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, Math.Min(x.Rows, y.Rows));
        if (moment.Rows != y.Cols || moment.Cols != x.Cols)
            throw new ArgumentException(
                $"The moment is {moment.Rows} x {moment.Cols} for {y.Cols} targets and {x.Cols} inputs; it must be {y.Cols} x {x.Cols}.", nameof(moment));
        for (var first = 0; first < tokens && x.Cols > 0 && y.Cols > 0; first += GramKernels.Tokens)
            accumulate(y.View, y.Cols, x.View, x.Cols, first, Math.Min(GramKernels.Tokens, tokens - first), moment.View);
    }

    private static Action<ArrayView<float>, int, ArrayView<float>, int, int, int, ArrayView<double>> Tiled(Accelerator accelerator)
    {
        var kernel = accelerator.LoadStreamKernel<ArrayView<float>, int, ArrayView<float>, int, int, int, ArrayView<double>>(CrossKernels.Accumulate);
        return (y, rows, x, cols, first, count, moment) =>
        {
            var groups = ((rows + FloatTile.Size - 1) / FloatTile.Size) * ((cols + FloatTile.Size - 1) / FloatTile.Size);
            kernel(new KernelConfig(groups, FloatTile.Lanes), y, rows, x, cols, first, count, moment);
        };
    }

    internal static Action<ArrayView<float>, int, ArrayView<float>, int, int, int, ArrayView<double>> Plain(Accelerator accelerator)
    {
        var kernel = accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<float>, int, ArrayView<float>, int, int, int, ArrayView<double>>(
            CrossKernels.AccumulatePlain);
        return (y, rows, x, cols, first, count, moment) => kernel(checked(rows * cols), y, rows, x, cols, first, count, moment);
    }
}
