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

    private readonly GpuDevice device;
    private readonly GpuProduct product;
    private readonly Action<Index1D, ArrayView<double>, ArrayView<double>, int, ArrayView<double>, ArrayView<double>> diagonals;
    private readonly Action<KernelConfig, ArrayView<double>, ArrayView<double>, ArrayView<byte>, int, int, int, ArrayView<int>, ArrayView<double>,
        ArrayView<double>, ArrayView<int>> choose;
    private readonly Action<Index1D, ArrayView<double>, ArrayView<double>, int, int, int, int, ArrayView<int>, ArrayView<double>, ArrayView<double>,
        ArrayView<double>, ArrayView<double>, ArrayView<byte>> remove;
    private readonly Action<Index1D, ArrayView<double>, ArrayView<int>, int, int, ArrayView<double>> arrange;
    private readonly DeviceMatrix<double> diagonalP, diagonalG, scores, chosen, factors;
    private readonly DeviceMatrix<int> order, status;
    private readonly DeviceMatrix<byte> removed;

    /// <summary>Compiles the kernels and takes the workspace.</summary>
    /// <param name="device">Device that the kernels are compiled for; must stay open.</param>
    /// <param name="product">Product of the same device.</param>
    /// <param name="largest">Largest number of channels of any layer.</param>
    public GpuChannelElimination(GpuDevice device, GpuProduct product, int largest)
    {
        (this.device, this.product) = (device, product);
        var accelerator = device.Accelerator;
        diagonals = accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<double>, ArrayView<double>, int, ArrayView<double>,
            ArrayView<double>>(EliminationKernels.Diagonals);
        choose = accelerator.LoadStreamKernel<ArrayView<double>, ArrayView<double>, ArrayView<byte>, int, int, int, ArrayView<int>, ArrayView<double>,
            ArrayView<double>, ArrayView<int>>(EliminationKernels.Choose);
        remove = accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<double>, ArrayView<double>, int, int, int, int, ArrayView<int>, ArrayView<double>,
            ArrayView<double>, ArrayView<double>, ArrayView<double>, ArrayView<byte>>(EliminationKernels.Remove);
        arrange = accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<double>, ArrayView<int>, int, int, ArrayView<double>>(EliminationKernels.Arrange);
        (diagonalP, diagonalG, scores) = (new(device, 1, largest), new(device, 1, largest), new(device, 1, largest));
        (chosen, factors) = (new(device, Block, 2), new(device, 4 * Block, largest));
        (order, status, removed) = (new(device, 1, largest), new(device, 1, 1), new(device, 1, largest));
    }

    /// <summary>Removes all n channels.</summary>
    /// <param name="inverse">P = H⁻¹, n × n, both halves. Destroyed.</param>
    /// <param name="weightGram">G = WᵀW, n × n, both halves. On return it holds L⁻¹ as the P of the processor does.</param>
    /// <param name="dead">n flags of channels that go first, at cost 0; empty: none. Rows and columns of dead channels must be finite.</param>
    /// <returns>The channels in the order of their removal, and what each removal cost.</returns>
    /// <exception cref="NotPositiveDefiniteException">A diagonal of P was not positive, or a score not finite, when its channel's turn came.</exception>
    /// <exception cref="ArgumentException">
    /// The matrices are not square and alike, larger than this was made for, or the flags are not one for each channel.
    /// </exception>
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
            choose(new KernelConfig(1, device.Lanes), diagonalP.View, diagonalG.View, removed.View, n, step, pending, order.View, scores.View, chosen.View,
                status.View);
            remove(n, inverse.View, weightGram.View, n, step, pending, Block, order.View, chosen.View, factors.View, diagonalP.View, diagonalG.View,
                removed.View);
            pending++;
            // The last block is applied too: it costs little, and nothing reads what it changes.
            if (pending == Block)
            {
                Apply(inverse, weightGram, n);
                pending = 0;
            }
        }
        arrange(n * n, inverse.View, order.View, n, first.Length, weightGram.View);
        return Result(n);
    }

    private void Start(DeviceMatrix<double> inverse, DeviceMatrix<double> weightGram, int n, int[] dead)
    {
        status.View.MemSetToZero();
        scores.View.MemSetToZero();
        var removed = new byte[n];
        var order = new int[n];
        for (var step = 0; step < dead.Length; step++)
            (order[step], removed[dead[step]]) = (dead[step], 1);
        this.removed.View.SubView(0, n).CopyFromCPU(removed);
        this.order.View.SubView(0, n).CopyFromCPU(order);
        diagonals(n, inverse.View, weightGram.View, n, diagonalP.View, diagonalG.View);
    }

    /// <summary>G −= (h; c)ᵀ(c; h) and P −= (c · p)ᵀ c; the rows of removed channels have no part in c · p.</summary>
    private void Apply(DeviceMatrix<double> inverse, DeviceMatrix<double> weightGram, int n)
    {
        DeviceOperand<double> Rows(int first, int blocks) =>
            DeviceOperand<double>.Columns(factors.View.SubView((long)first * Block * n, (long)blocks * Block * n), n);
        product.Multiply(Rows(0, 2), Rows(1, 2), weightGram.View, n, n, n, 2 * Block, -1, 1);
        product.Multiply(Rows(3, 1), Rows(1, 1), inverse.View, n, n, n, Block, -1, 1);
    }

    private EliminationResult Result(int n)
    {
        var (order, scores, status) = (new int[n], new double[n], new int[1]);
        this.order.View.SubView(0, n).CopyToCPU(order);
        this.scores.View.SubView(0, n).CopyToCPU(scores);
        this.status.View.CopyToCPU(status);
        return status[0] == 0 ? new(order, scores) : throw new NotPositiveDefiniteException("The inverse Hessian on the device", status[0] - 1);
    }

    private static Func<int, bool> FlagsOf(ReadOnlySpan<bool> dead)
    {
        var flags = dead.ToArray();
        return channel => flags[channel];
    }

    private int Same(DeviceMatrix<double> inverse, DeviceMatrix<double> weightGram) =>
        inverse.Rows == inverse.Cols && weightGram.Rows == inverse.Rows && weightGram.Cols == inverse.Rows && inverse.Rows <= scores.Cols
            ? inverse.Rows
            : throw new ArgumentException($"P is {inverse.Rows} x {inverse.Cols} and G {weightGram.Rows} x {weightGram.Cols}; both must be square, alike, and of at most {scores.Cols} channels.");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var matrix in new IDisposable[] { diagonalP, diagonalG, scores, chosen, factors, order, status, removed })
            matrix.Dispose();
    }
}
