using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary><see cref="ForgePrune.Kernels.Gram"/> on a device: float32 products over blocks of 256 tokens, summed in float64.</summary>
/// <remarks>
/// The same on every run. Useful operations tokens·cols·(cols + 1); calls only queue the work. Devices with groups of 256 lanes work in tiles; others, as
/// ILGPU's CPU accelerator, where barriers cost most, form each element by one lane in the same order. Where a precision is asked for that is not
/// <see cref="GramPrecision.F32"/>, tensor cores multiply.
/// </remarks>
public sealed class GpuGram
{
    private readonly Action<ArrayView<float>, int, int, int, ArrayView<double>> accumulate;
    private readonly Action<KernelConfig, ArrayView<double>, int> mirror;
    private readonly int lanes;

    /// <summary>Compiles the kernels for a device.</summary>
    /// <param name="device">Device that the kernels are compiled for; must stay open.</param>
    /// <param name="precision">What activations are rounded to first; saliencies need <see cref="GramPrecision.F32"/>.</param>
    /// <exception cref="GpuDeviceException">The precision needs tensor cores, and the device has none that take it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such precision.</exception>
    public GpuGram(GpuDevice device, GramPrecision precision = GramPrecision.F32)
    {
        (lanes, Precision) = (device.Lanes, precision);
        if (precision != GramPrecision.F32)
            device.RequireTensorCores(precision);
        accumulate = precision switch
        {
            GramPrecision.F32 when device.Lanes < FloatTile.Lanes => Plain(device.Accelerator),
            GramPrecision.F32 => Tiled(device.Accelerator, GramKernels.Accumulate),
            GramPrecision.Tf32 => Tiled(device.Accelerator, TensorGramKernels.AccumulateTf32),
            GramPrecision.Bf16 => Tiled(device.Accelerator, TensorGramKernels.AccumulateBf16),
            _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "The precision must be F32, Tf32 or Bf16."),
        };
        mirror = device.Accelerator.LoadStreamKernel<ArrayView<double>, int>(GramKernels.Mirror);
    }

    /// <summary>What activations are rounded to before they are multiplied.</summary>
    public GramPrecision Precision { get; }

    /// <summary>Adds XᵀX to a Gram; only queues the work.</summary>
    /// <param name="x">X, at least tokens × cols.</param>
    /// <param name="tokens">Rows of X that count, from the first on.</param>
    /// <param name="gram">Gram, cols × cols; added to. Only its lower half is read; both are right on return.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of tokens is negative, or greater than the rows of X.</exception>
    /// <exception cref="ArgumentException">The Gram is not cols × cols.</exception>
    public void Accumulate(DeviceMatrix<float> x, int tokens, DeviceMatrix<double> gram)
    {
        AccumulateLower(x, tokens, gram);
        Mirror(gram);
    }

    /// <summary>Adds to the lower half alone; <see cref="Mirror"/> after the last piece costs as much as a few hundred tokens. Only queues the work.</summary>
    /// <param name="x">X, at least tokens × cols.</param>
    /// <param name="tokens">Rows of X that count, from the first on.</param>
    /// <param name="gram">Gram, cols × cols; its lower half is added to.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of tokens is negative, or greater than the rows of X.</exception>
    /// <exception cref="ArgumentException">The Gram is not cols × cols.</exception>
    public void AccumulateLower(DeviceMatrix<float> x, int tokens, DeviceMatrix<double> gram)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, x.Rows);
        if (gram.Rows != x.Cols || gram.Cols != x.Cols)
            throw new ArgumentException($"The Gram is {gram.Rows} x {gram.Cols} for inputs of {x.Cols} columns; it must be {x.Cols} x {x.Cols}.", nameof(gram));
        for (var first = 0; first < tokens && x.Cols > 0; first += GramKernels.Tokens)
            accumulate(x.View, first, Math.Min(GramKernels.Tokens, tokens - first), x.Cols, gram.View);
    }

    /// <summary>Copies the lower half of a square matrix to the upper one; only queues the work.</summary>
    /// <param name="gram">Gram, cols × cols.</param>
    public void Mirror(DeviceMatrix<double> gram)
    {
        if (gram.Cols > 0)
            mirror(new KernelConfig(LowerTiles.Count(gram.Cols, GramKernels.MirrorTile), lanes), gram.View, gram.Cols);
    }

    private static Action<ArrayView<float>, int, int, int, ArrayView<double>> Tiled(
        Accelerator accelerator, Action<ArrayView<float>, int, int, int, ArrayView<double>> tiles)
    {
        var kernel = accelerator.LoadStreamKernel(tiles);
        return (x, first, count, cols, gram) => kernel(new KernelConfig(LowerTiles.Count(cols, FloatTile.Size), FloatTile.Lanes), x, first, count, cols, gram);
    }

    internal static Action<ArrayView<float>, int, int, int, ArrayView<double>> Plain(Accelerator accelerator)
    {
        var kernel = accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<float>, int, int, int, ArrayView<double>>(GramKernels.AccumulatePlain);
        return (x, first, count, cols, gram) => kernel(checked(cols * cols), x, first, count, cols, gram);
    }
}
