using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary><see cref="ForgePrune.Kernels.Gram"/> on a device: float32 products over blocks of 256 tokens, summed in float64.</summary>
/// <remarks>The same on every run. Useful operations tokens·cols·(cols + 1); calls only queue the work.</remarks>
public sealed class GpuGram(GpuDevice device)
{
    private readonly Action<KernelConfig, ArrayView<float>, int, int, int, ArrayView<double>, int> _accumulate =
        device.Accelerator.LoadStreamKernel<ArrayView<float>, int, int, int, ArrayView<double>, int>(GramKernels.Accumulate);

    private readonly Action<Index1D, ArrayView<double>, int> _mirror =
        device.Accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<double>, int>(GramKernels.Mirror);

    private readonly int _side = (int)Math.Sqrt(device.Lanes);

    /// <summary>gram (cols × cols) += XᵀX for the first <paramref name="tokens"/> rows of X (… × cols). Only the lower half is read; both are right on return.</summary>
    public void Accumulate(DeviceMatrix<float> x, int tokens, DeviceMatrix<double> gram)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(tokens);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(tokens, x.Rows);
        if (gram.Rows != x.Cols || gram.Cols != x.Cols)
            throw new ArgumentException($"The Gram is {gram.Rows} x {gram.Cols} for inputs of {x.Cols} columns; it must be {x.Cols} x {x.Cols}.", nameof(gram));
        if (x.Cols == 0)
            return;
        var tiles = (x.Cols + GramKernels.PerLane * _side - 1) / (GramKernels.PerLane * _side);
        for (var first = 0; first < tokens; first += GramKernels.Tokens)
            _accumulate(new KernelConfig(tiles * (tiles + 1) / 2, _side * _side), x.View, first, Math.Min(GramKernels.Tokens, tokens - first), x.Cols, gram.View, _side);
        _mirror(x.Cols * x.Cols, gram.View, x.Cols);
    }
}
