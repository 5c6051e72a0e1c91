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
    private readonly Action<ArrayView<float>, int, int, int, ArrayView<double>> _accumulate;
    private readonly Action<KernelConfig, ArrayView<double>, int> _mirror;
    private readonly int _lanes;

    /// <param name="precision">To what activations are rounded first; saliencies need <see cref="GramPrecision.F32"/>.</param>
    /// <exception cref="GpuDeviceException">The precision needs tensor cores, and the device has none that take it.</exception>
    public GpuGram(GpuDevice device, GramPrecision precision = GramPrecision.F32)
    {
        (_lanes, Precision) = (device.Lanes, precision);
        if (precision != GramPrecision.F32)
            device.RequireTensorCores(precision);
        _accumulate = precision switch
        {
            GramPrecision.F32 when device.Lanes < FloatTile.Lanes => Plain(device.Accelerator),
            GramPrecision.F32 => Tiled(device.Accelerator, GramKernels.Accumulate),
            GramPrecision.Tf32 => Tiled(device.Accelerator, TensorGramKernels.AccumulateTf32),
            GramPrecision.Bf16 => Tiled(device.Accelerator, TensorGramKernels.AccumulateBf16),
            _ => throw new ArgumentOutOfRangeException(nameof(precision), precision, "The precision must be F32, Tf32 or Bf16."),
        };
        _mirror = device.Accelerator.LoadStreamKernel<ArrayView<double>, int>(GramKernels.Mirror);
    }

    /// <summary>To what activations are rounded before they are multiplied.</summary>
    public GramPrecision Precision { get; }

    /// <summary>gram (cols × cols) += XᵀX for the first <paramref name="tokens"/> rows of X (… × cols). Only the lower half is read; both are right on return.</summary>
    public void Accumulate(DeviceMatrix<float> x, int tokens, DeviceMatrix<double> gram)
    {
        AccumulateLower(x, tokens, gram);
        Mirror(gram);
    }

    /// <summary>The same for the lower half alone: <see cref="Mirror"/> after the last piece costs as much as a few hundred tokens.</summary>
    public void AccumulateLower(DeviceMatrix<float> x, int tokens, DeviceMatrix<double> gram)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, x.Rows);
        if (gram.Rows != x.Cols || gram.Cols != x.Cols)
            throw new ArgumentException($"The Gram is {gram.Rows} x {gram.Cols} for inputs of {x.Cols} columns; it must be {x.Cols} x {x.Cols}.", nameof(gram));
        for (var first = 0; first < tokens && x.Cols > 0; first += GramKernels.Tokens)
            _accumulate(x.View, first, Math.Min(GramKernels.Tokens, tokens - first), x.Cols, gram.View);
    }

    /// <summary>Copies the lower half of a square matrix to the upper one.</summary>
    public void Mirror(DeviceMatrix<double> gram)
    {
        if (gram.Cols > 0)
            _mirror(new KernelConfig(LowerTiles.Count(gram.Cols, GramKernels.MirrorTile), _lanes), gram.View, gram.Cols);
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
