namespace ForgePrune.Kernels.Gpu;

/// <summary>The heavy steps of pruning on a GPU, one matrix after the other: what does not fit into its memory is refused before any work.</summary>
public sealed class GpuPruning : IPruningDevice, IDisposable
{
    // Part of the name, and so of the key of what was made: raised when answers change. Those of the first were wrong on devices (docs/gpu.md).
    private const int Revision = 2;

    // Kernels count the elements of a matrix in 32 bits: √(2³¹ − 1) columns of a square one.
    private const int MostCols = 46_340;

    private readonly GpuDevice device;
    private readonly GpuProduct product;
    private readonly GpuGram gram;
    private readonly GroupSteps groups;
    private readonly GpuLevelFactor levels;
    private GpuCholesky? cholesky;
    private GpuChannelElimination? elimination;
    private readonly long memoryBytes;
    private int largest;

    /// <summary>Compiles the kernels for a device.</summary>
    /// <param name="device">Stays open when this is disposed of.</param>
    /// <param name="threads">Threads of the processor, at least 1: for what of the work stays there, and around it.</param>
    /// <param name="memoryBytes">Bytes of its memory that may be taken; null for all of it.</param>
    /// <param name="precision">What activations are rounded to before Grams multiply them; saliencies need <see cref="GramPrecision.F32"/>.</param>
    /// <exception cref="GpuDeviceException">The precision needs tensor cores, and the device has none that take it.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no thread.</exception>
    public GpuPruning(GpuDevice device, int threads, long? memoryBytes = null, GramPrecision precision = GramPrecision.F32)
    {
        Threads = CpuDevice.Limit(threads);
        this.memoryBytes = memoryBytes ?? device.MemoryBytes;
        (this.device, product, gram) = (device, new(device), new(device, precision));
        var gather = new GpuGather(device);
        (groups, levels) = (new(device, product, gather), new(device, product, gather));
    }

    /// <inheritdoc/>
    public string Name =>
        $"{device.Name}, kernels {Revision}" + (gram.Precision == GramPrecision.F32 ? "" : $", Grams in {gram.Precision.ToString().ToLowerInvariant()}");

    /// <inheritdoc/>
    public int Threads { get; }

    /// <inheritdoc/>
    /// <exception cref="DeviceMemoryException">The Gram does not fit into the device's memory.</exception>
    public IGramSum Gram(int cols)
    {
        RequireRoom($"A Gram of {cols} columns", cols, GpuGramSum.Bytes(cols));
        return new GpuGramSum(device, gram, cols);
    }

    /// <inheritdoc/>
    /// <exception cref="DeviceMemoryException">The layer does not fit into the device's memory.</exception>
    public EliminationResult Order(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead)
    {
        RequireRoom($"A layer of {rows} x {n}", n, sizeof(double) * ((long)n * (2L * n + rows) + 256L * n));
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
        RequireRoom($"A layer of {rows} x {n} and its sweeps", n, sizeof(double) * (long)n * (8L * n + rows));
        Grow(n);
        return new GpuGroupSweeps(groups, GpuSaliency.Of(device, product, cholesky!, hessian, n, weights, rows, dead), hessian, width);
    }

    /// <inheritdoc/>
    /// <exception cref="DeviceMemoryException">The layer does not fit into the device's memory.</exception>
    public LevelFactor Factor(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> moment, int rows, ReadOnlySpan<int> order)
    {
        RequireRoom($"The factor of {rows} x {n}", n, GpuLevelFactor.Bytes(n, rows));
        Grow(n);
        return levels.Create(cholesky!, hessian.Span(0, hessian.Length), n, moment, rows, order, Threads);
    }

    private void RequireRoom(string matrix, int cols, long needed)
    {
        if (cols > MostCols)
            throw new DeviceMemoryException(Name, matrix, MostCols);
        if (needed > memoryBytes)
            throw new DeviceMemoryException(Name, matrix, needed, memoryBytes);
    }

    private void Grow(int n)
    {
        if (elimination is not null && n <= largest)
            return;
        Dispose();
        largest = Math.Max(1, n);
        cholesky = new(device, product, largest);
        elimination = new(device, product, largest);
    }

    /// <summary>Gives the workspace back.</summary>
    public void Dispose()
    {
        cholesky?.Dispose();
        elimination?.Dispose();
        (cholesky, elimination) = (null, null);
    }
}
