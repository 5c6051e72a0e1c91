namespace ForgePrune.Kernels.Gpu;

/// <summary>The heavy steps of pruning on a GPU, one matrix after the other: what does not fit into its memory is refused before any work.</summary>
public sealed class GpuPruning : IPruningDevice, IDisposable
{
    // Part of the name, and so of the key of what was made: raised when answers change. Those of the first were wrong on devices (docs/gpu.md).
    // The third sums the moments of refits in its own order.
    private const int Revision = 3;

    private readonly GpuDevice device;
    private readonly IBlas? blas;
    private readonly GpuProduct product;
    private readonly GpuGram gram;
    private readonly GpuCross cross;
    private readonly GroupSteps groups;
    private readonly GpuLevelFactor levels;
    private readonly LentReaders lent;
    private GpuCholesky? cholesky;
    private GpuChannelElimination? elimination;
    private readonly long memoryBytes, takenBefore;
    private long lentBytes;
    private int largest;

    /// <summary>Compiles the kernels for a device.</summary>
    /// <param name="device">Stays open when this is disposed of.</param>
    /// <param name="threads">Threads of the processor, at least 1: for what of the work stays there, and around it.</param>
    /// <param name="memoryBytes">Bytes of its memory that may be taken; null for all but a sixteenth, which is left to drivers and libraries.</param>
    /// <param name="precision">What activations are rounded to before Grams multiply them; saliencies need <see cref="GramPrecision.F32"/>.</param>
    /// <exception cref="GpuDeviceException">The precision needs tensor cores, and the device has none that take it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no thread.</exception>
    public GpuPruning(GpuDevice device, int threads, long? memoryBytes = null, GramPrecision precision = GramPrecision.F32)
        : this(device, threads, memoryBytes, precision, null)
    {
    }

    /// <param name="blas">Computes dense products in the place of our kernel; stays open when this is disposed of. Null for none.</param>
    /// <param name="open">Opens memories of other libraries; null for those that CUDA has.</param>
    internal GpuPruning(GpuDevice device, int threads, long? memoryBytes, GramPrecision precision, IBlas? blas,
        Func<GpuDevice, LentMemory, (ILentCopies? Copies, string? Fault)>? open = null)
    {
        using var here = device.Use();
        Threads = CpuDevice.Limit(threads);
        this.memoryBytes = memoryBytes ?? device.MemoryBytes - device.MemoryBytes / 16;
        takenBefore = device.Taken;
        (this.device, this.blas, product, gram, cross) = (device, blas, new(device, blas), new(device, precision), new(device));
        var gather = new GpuGather(device);
        (groups, levels, lent) = (new(device, product, gather), new(device, product, gather), new(device, open ?? PeerCopies.Open));
    }

    /// <inheritdoc/>
    public string Name =>
        $"{device.Name}, kernels {Revision}" + (blas is null ? "" : $", products by {blas.Name}")
        + (gram.Precision == GramPrecision.F32 ? "" : $", Grams in {gram.Precision.ToString().ToLowerInvariant()}");

    /// <inheritdoc/>
    public int Threads { get; }

    // ILGPU's CPU accelerator has no memory of its own and tells the largest number there is.
    string? IPruningDevice.Plan(IReadOnlyList<PlannedLayer> layers, bool levels) =>
        memoryBytes < long.MaxValue / 2 && layers.Count > 0 ? MemoryPlan.Of(device.Name, memoryBytes, lentBytes, layers, levels) : null;

    void IPruningDevice.LeaveRoom(LentMemory memory, long bytes)
    {
        if (memory == device.Shared)
            lentBytes = bytes;
    }

    string? IPruningDevice.Reading(LentMemory memory) => lent.Way(memory);

    /// <summary>Begins the sum XᵀX; where it does not fit into the device's memory, the sum lies on the host and is added to by panels of columns.</summary>
    /// <param name="cols">Columns of the activations.</param>
    /// <exception cref="DeviceMemoryException">Not even a panel fits, or tensor cores would have to multiply them.</exception>
    public IGramSum Gram(int cols)
    {
        using var here = device.Use();
        if (Fits(cols, cols, GpuGramSum.Bytes(cols)))
            return new GpuGramSum(device, gram, cols, lent);
        return Panels($"A Gram of {cols} columns", cols, 0, GpuGramSum.Bytes(cols));
    }

    /// <summary>Begins the sums XᵀX and YᵀX likewise.</summary>
    /// <param name="rows">Columns of the targets Y; rows of YᵀX.</param>
    /// <param name="cols">Columns of the inputs X.</param>
    /// <exception cref="DeviceMemoryException">Not even a panel fits, or tensor cores would have to multiply them.</exception>
    public IMomentSum Moments(int rows, int cols)
    {
        using var here = device.Use();
        if (Fits(rows, cols, GpuMomentSum.Bytes(rows, cols)))
            return new GpuMomentSum(device, gram, cross, rows, cols, lent);
        return Panels($"Moments of {rows} x {cols}", cols, rows, GpuMomentSum.Bytes(rows, cols));
    }

    /// <inheritdoc/>
    /// <exception cref="DeviceMemoryException">The layer does not fit into the device's memory.</exception>
    public EliminationResult Order(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead)
    {
        using var here = device.Use();
        RequireRoom($"A layer of {rows} x {n}", n, rows, StepBytes.Order(n, rows));
        Grow(n);
        using var saliency = GpuSaliency.Of(device, product, cholesky!, hessian.Span(0, hessian.Length), n, weights, rows, dead);
        return elimination!.Run(saliency.Inverse, saliency.WeightGram, dead);
    }

    /// <inheritdoc/>
    /// <exception cref="DeviceMemoryException">The layer does not fit into the device's memory.</exception>
    public IGroupSweeps Groups(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (n % width != 0)
            throw new ArgumentException($"{n} columns are no multiple of the block width {width}; pass whole blocks.", nameof(n));
        using var here = device.Use();
        RequireRoom($"A layer of {rows} x {n} and its sweeps", n, rows, StepBytes.Groups(n, rows));
        Grow(n);
        return new GpuGroupSweeps(groups, GpuSaliency.Of(device, product, cholesky!, hessian, n, weights, rows, dead), hessian, width);
    }

    /// <inheritdoc/>
    /// <exception cref="DeviceMemoryException">The layer does not fit into the device's memory.</exception>
    public LevelFactor Factor(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> moment, int rows, ReadOnlySpan<int> order)
    {
        LevelFactor.RequireDistinct(order, n);
        using var here = device.Use();
        RequireRoom($"The factor of {rows} x {n}", n, rows, StepBytes.Factor(n, rows), lentBytes);
        Grow(n);
        return levels.Create(cholesky!, hessian.Span(0, hessian.Length), n, moment, rows, order, Threads);
    }

    /// <inheritdoc/>
    /// <exception cref="DeviceMemoryException">The layer does not fit into the device's memory.</exception>
    public LevelFactor FactorOfWeights(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<int> order)
    {
        if (order.Length != n)
            throw new ArgumentException($"The order lists {order.Length} of {n} columns; list all, or pass the moment W·H to {nameof(Factor)}.", nameof(order));
        LevelFactor.RequireDistinct(order, n);
        using var here = device.Use();
        RequireRoom($"The factor of {rows} x {n}", n, rows, StepBytes.Factor(n, rows), lentBytes);
        Grow(n);
        return levels.OfWeights(cholesky!, hessian.Span(0, hessian.Length), n, weights, rows, order, Threads);
    }

    private bool Fits(int rows, int cols, long needed) => StepBytes.AreCountable(rows, cols) && MakeRoom(needed, lentBytes);

    /// <param name="left">Bytes that others may take meanwhile.</param>
    private bool MakeRoom(long needed, long left)
    {
        // The workspace is made anew where it is needed.
        if (needed > Free(left))
            GiveBack();
        return needed <= Free(left);
    }

    private long Free(long left) => memoryBytes - left - (device.Taken - takenBefore);

    private PanelSum Panels(string matrix, int cols, int rows, long needed)
    {
        MakeRoom(needed, lentBytes);
        var width = PanelSum.Width(Free(lentBytes), Math.Max(rows, cols));
        return width > 0 && gram.Precision == GramPrecision.F32
            ? new PanelSum(device, gram, cross, cols, rows, width, Threads)
            : throw new DeviceMemoryException(Name, matrix, needed, Free(lentBytes), lentBytes);
    }

    private void RequireRoom(string matrix, int cols, int rows, long needed, long left = 0)
    {
        if (!StepBytes.AreCountable(rows, cols))
            throw new DeviceMemoryException(Name, matrix, StepBytes.MostCols);
        if (!MakeRoom(needed, left))
            throw new DeviceMemoryException(Name, matrix, needed, Free(left), left);
    }

    private void Grow(int n)
    {
        if (elimination is not null && n <= largest)
            return;
        GiveBack();
        largest = Math.Max(1, n);
        cholesky = new(device, product, largest);
        elimination = new(device, product, largest);
    }

    /// <summary>Gives the workspace back, and lets the memories of other libraries go.</summary>
    public void Dispose()
    {
        using var here = device.Use();
        GiveBack();
        lent.Dispose();
    }

    private void GiveBack()
    {
        cholesky?.Dispose();
        elimination?.Dispose();
        (cholesky, elimination) = (null, null);
    }
}
