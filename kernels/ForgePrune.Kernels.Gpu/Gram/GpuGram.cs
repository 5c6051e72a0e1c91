using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary><see cref="ForgePrune.Kernels.Gram"/> on a device: float32 products over blocks of 256 tokens, summed in float64.</summary>
/// <remarks>The same on every run. Useful operations tokens·cols·(cols + 1); calls only queue the work. Needs groups of 256 lanes.</remarks>
public sealed class GpuGram
{
    private readonly Action<KernelConfig, ArrayView<float>, int, int, int, ArrayView<double>> _accumulate;
    private readonly Action<KernelConfig, ArrayView<double>, int> _mirror;

    /// <exception cref="GpuDeviceException">The device has no groups of 256 lanes.</exception>
    public GpuGram(GpuDevice device)
    {
        device.RequireLanes(FloatTile.Lanes);
        _accumulate = device.Accelerator.LoadStreamKernel<ArrayView<float>, int, int, int, ArrayView<double>>(GramKernels.Accumulate);
        _mirror = device.Accelerator.LoadStreamKernel<ArrayView<double>, int>(GramKernels.Mirror);
    }

    /// <summary>gram (cols × cols) += XᵀX for the first <paramref name="tokens"/> rows of X (… × cols). Only the lower half is read; both are right on return.</summary>
    public void Accumulate(DeviceMatrix<float> x, int tokens, DeviceMatrix<double> gram)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, x.Rows);
        if (gram.Rows != x.Cols || gram.Cols != x.Cols)
            throw new ArgumentException($"The Gram is {gram.Rows} x {gram.Cols} for inputs of {x.Cols} columns; it must be {x.Cols} x {x.Cols}.", nameof(gram));
        if (x.Cols == 0)
            return;
        for (var first = 0; first < tokens; first += GramKernels.Tokens)
            _accumulate(new KernelConfig(LowerTiles.Count(x.Cols, FloatTile.Size), FloatTile.Lanes), x.View, first, Math.Min(GramKernels.Tokens, tokens - first), x.Cols, gram.View);
        _mirror(new KernelConfig(LowerTiles.Count(x.Cols, GramKernels.MirrorTile), FloatTile.Lanes), gram.View, x.Cols);
    }
}
