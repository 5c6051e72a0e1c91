using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu;

/// <summary>
/// <see cref="ForgePrune.Kernels.ChannelElimination"/> on a device: the same order and scores up to rounding, the same rule for equal scores, and the
/// factor of every level. Two launches for each removal and two products for each block of them; the host waits once, at the end.
/// </summary>
/// <remarks>Workspace: 128·n doubles and a few vectors. About 4·n³ operations, since removed channels keep their places and both halves are updated.</remarks>
public sealed class GpuChannelElimination : IDisposable
{
    // Removals between two updates of P and G: long enough for the products, short enough for the pending rows to stay in the device's cache.
    private const int Block = 32;

    private readonly GpuDevice _device;
    private readonly GpuProduct _product;
    private readonly Action<Index1D, ArrayView<double>, ArrayView<double>, int, ArrayView<double>, ArrayView<double>> _diagonals;
    private readonly Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<byte>, int, int, int, ArrayView<int>, ArrayView<double>, ArrayView<double>, ArrayView<int>> _choose;
    private readonly Action<Index1D, ArrayView<double>, ArrayView<double>, int, int, int, int, ArrayView<int>, ArrayView<double>, ArrayView<double>, ArrayView<double>, ArrayView<double>, ArrayView<byte>> _remove;
    private readonly Action<Index1D, ArrayView<double>, ArrayView<int>, int, int, ArrayView<double>> _arrange;
    private readonly DeviceMatrix<double> _diagonalP, _diagonalG, _scores, _chosen, _factors;
    private readonly DeviceMatrix<int> _order, _status;
    private readonly DeviceMatrix<byte> _removed;

    /// <param name="largest">Largest number of channels of any layer.</param>
    public GpuChannelElimination(GpuDevice device, GpuProduct product, int largest)
    {
        (_device, _product) = (device, product);
        var accelerator = device.Accelerator;
        _diagonals = accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<double>, ArrayView<double>, int, ArrayView<double>, ArrayView<double>>(EliminationKernels.Diagonals);
        _choose = accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<double>, ArrayView<byte>, int, int, int, ArrayView<int>, ArrayView<double>, ArrayView<double>, ArrayView<int>>(EliminationKernels.Choose);
        _remove = accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<double>, ArrayView<double>, int, int, int, int, ArrayView<int>, ArrayView<double>, ArrayView<double>, ArrayView<double>, ArrayView<double>, ArrayView<byte>>(EliminationKernels.Remove);
        _arrange = accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<double>, ArrayView<int>, int, int, ArrayView<double>>(EliminationKernels.Arrange);
        (_diagonalP, _diagonalG, _scores) = (new(device, 1, largest), new(device, 1, largest), new(device, 1, largest));
        (_chosen, _factors) = (new(device, Block, 2), new(device, 4 * Block, largest));
        (_order, _status, _removed) = (new(device, 1, largest), new(device, 1, 1), new(device, 1, largest));
    }

    /// <summary>Removes all n channels.</summary>
    /// <param name="inverse">P = H⁻¹, n × n, both halves. Destroyed.</param>
    /// <param name="weightGram">G = WᵀW, n × n, both halves. On return it holds L⁻¹ as the CPU's P does.</param>
    /// <param name="dead">As for the CPU: n flags, or none. Rows and columns of dead channels must be finite.</param>
    /// <exception cref="NotPositiveDefiniteException">A diagonal of P was not positive, or a score not finite, when its channel's turn came.</exception>
    public EliminationResult Run(DeviceMatrix<double> inverse, DeviceMatrix<double> weightGram, ReadOnlySpan<bool> dead)
    {
        var n = Same(inverse, weightGram);
        if (dead.Length != 0 && dead.Length != n)
            throw new ArgumentException($"dead holds {dead.Length} flags for {n} channels; pass one flag for each channel, or none at all.", nameof(dead));
        if (n == 0)
            return new([], []);
        int[] first = [.. Enumerable.Range(0, dead.Length).Where(FlagsOf(dead))];
        Start(inverse, weightGram, n, first);
        for (int step = first.Length, pending = 0; step < n; step++)
        {
            _choose(new KernelConfig(1, _device.Lanes), _diagonalP.View, _diagonalG.View, _removed.View, n, step, pending, _order.View, _scores.View, _chosen.View, _status.View);
            _remove(n, inverse.View, weightGram.View, n, step, pending, Block, _order.View, _chosen.View, _factors.View, _diagonalP.View, _diagonalG.View, _removed.View);
            pending++;
            // The last block is applied too: it costs little, and nothing reads what it changes.
            if (pending == Block)
            {
                Apply(inverse, weightGram, n);
                pending = 0;
            }
        }
        _arrange(n * n, inverse.View, _order.View, n, first.Length, weightGram.View);
        return Result(n);
    }

    private void Start(DeviceMatrix<double> inverse, DeviceMatrix<double> weightGram, int n, int[] dead)
    {
        _status.View.MemSetToZero();
        _scores.View.MemSetToZero();
        var removed = new byte[n];
        var order = new int[n];
        for (var step = 0; step < dead.Length; step++)
            (order[step], removed[dead[step]]) = (dead[step], 1);
        _removed.View.SubView(0, n).CopyFromCPU(removed);
        _order.View.SubView(0, n).CopyFromCPU(order);
        _diagonals(n, inverse.View, weightGram.View, n, _diagonalP.View, _diagonalG.View);
    }

    /// <summary>G −= (h; c)ᵀ(c; h) and P −= (c · p)ᵀ c; the rows of removed channels have no part in c · p.</summary>
    private void Apply(DeviceMatrix<double> inverse, DeviceMatrix<double> weightGram, int n)
    {
        DeviceOperand<double> Rows(int first, int blocks) => DeviceOperand<double>.Columns(_factors.View.SubView((long)first * Block * n, (long)blocks * Block * n), n);
        _product.Multiply(Rows(0, 2), Rows(1, 2), weightGram.View, n, n, n, 2 * Block, -1, 1);
        _product.Multiply(Rows(3, 1), Rows(1, 1), inverse.View, n, n, n, Block, -1, 1);
    }

    private EliminationResult Result(int n)
    {
        var (order, scores, status) = (new int[n], new double[n], new int[1]);
        _order.View.SubView(0, n).CopyToCPU(order);
        _scores.View.SubView(0, n).CopyToCPU(scores);
        _status.View.CopyToCPU(status);
        return status[0] == 0 ? new(order, scores) : throw new NotPositiveDefiniteException("The inverse Hessian on the device", status[0] - 1);
    }

    private static Func<int, bool> FlagsOf(ReadOnlySpan<bool> dead)
    {
        var flags = dead.ToArray();
        return channel => flags[channel];
    }

    private int Same(DeviceMatrix<double> inverse, DeviceMatrix<double> weightGram) =>
        inverse.Rows == inverse.Cols && weightGram.Rows == inverse.Rows && weightGram.Cols == inverse.Rows && inverse.Rows <= _scores.Cols
            ? inverse.Rows
            : throw new ArgumentException($"P is {inverse.Rows} x {inverse.Cols} and G {weightGram.Rows} x {weightGram.Cols}; both must be square, alike, and of at most {_scores.Cols} channels.");

    public void Dispose()
    {
        foreach (var matrix in new IDisposable[] { _diagonalP, _diagonalG, _scores, _chosen, _factors, _order, _status, _removed })
            matrix.Dispose();
    }
}
