namespace ForgePrune.Kernels.Gpu;

/// <summary>The heavy steps of pruning on a GPU, one matrix after the other: what does not fit into its memory is refused before any work.</summary>
public sealed class GpuPruning : IPruningDevice, IDisposable
{
    // Part of the name, and so of the key of what was made: raised when answers change. Those of the first were wrong on devices (docs/gpu.md).
    private const int Revision = 2;

    private readonly GpuDevice _device;
    private readonly GpuProduct _product;
    private readonly GpuGram _gram;
    private readonly GroupSteps _groups;
    private readonly GpuLevelFactor _levels;
    private GpuCholesky? _cholesky;
    private GpuChannelElimination? _elimination;
    private readonly long _memoryBytes;
    private int _largest;

    /// <param name="device">Stays open when this is disposed of.</param>
    /// <param name="threads">Of the processor, at least 1: for what of the work stays there, and around it.</param>
    /// <param name="memoryBytes">What may be taken of its memory; null for all of it.</param>
    /// <param name="precision">To what activations are rounded before Grams multiply them; saliencies need <see cref="GramPrecision.F32"/>.</param>
    /// <exception cref="GpuDeviceException">The precision needs tensor cores, and the device has none that take it.</exception>
    public GpuPruning(GpuDevice device, int threads, long? memoryBytes = null, GramPrecision precision = GramPrecision.F32)
    {
        Threads = CpuDevice.Limit(threads);
        _memoryBytes = memoryBytes ?? device.MemoryBytes;
        (_device, _product, _gram) = (device, new(device), new(device, precision));
        var gather = new GpuGather(device);
        (_groups, _levels) = (new(device, _product, gather), new(device, _product, gather));
    }

    /// <inheritdoc/>
    public string Name => $"{_device.Name}, kernels {Revision}" + (_gram.Precision == GramPrecision.F32 ? "" : $", Grams in {_gram.Precision.ToString().ToLowerInvariant()}");

    /// <inheritdoc/>
    public int Threads { get; }

    /// <inheritdoc/>
    /// <exception cref="DeviceMemoryException">The Gram does not fit into the device's memory.</exception>
    public IGramSum Gram(int cols)
    {
        RequireRoom($"A Gram of {cols} columns", GpuGramSum.Bytes(cols));
        return new GpuGramSum(_device, _gram, cols);
    }

    /// <inheritdoc/>
    /// <exception cref="DeviceMemoryException">The layer does not fit into the device's memory.</exception>
    public EliminationResult Order(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead)
    {
        RequireRoom($"A layer of {rows} x {n}", sizeof(double) * ((long)n * (2L * n + rows) + 256L * n));
        Grow(n);
        using var saliency = GpuSaliency.Of(_device, _product, _cholesky!, hessian, n, weights, rows, dead);
        return _elimination!.Run(saliency.Inverse, saliency.WeightGram, dead);
    }

    /// <inheritdoc/>
    /// <exception cref="DeviceMemoryException">The layer does not fit into the device's memory.</exception>
    public IGroupSweeps Groups(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead, int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        if (n % width != 0)
            throw new ArgumentException($"{n} columns are no multiple of the block width {width}; pass whole blocks.", nameof(n));
        RequireRoom($"A layer of {rows} x {n} and its sweeps", sizeof(double) * (long)n * (8L * n + rows));
        Grow(n);
        return new GpuGroupSweeps(_groups, GpuSaliency.Of(_device, _product, _cholesky!, hessian, n, weights, rows, dead), hessian, width);
    }

    /// <inheritdoc/>
    /// <exception cref="DeviceMemoryException">The layer does not fit into the device's memory.</exception>
    public LevelFactor Factor(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> moment, int rows, ReadOnlySpan<int> order)
    {
        RequireRoom($"The factor of {rows} x {n}", GpuLevelFactor.Bytes(n, rows));
        Grow(n);
        return _levels.Create(_cholesky!, hessian, n, moment, rows, order, Threads);
    }

    private void RequireRoom(string matrix, long needed)
    {
        if (needed > _memoryBytes)
            throw new DeviceMemoryException(Name, matrix, needed, _memoryBytes);
    }

    private void Grow(int n)
    {
        if (_elimination is not null && n <= _largest)
            return;
        Dispose();
        _largest = Math.Max(1, n);
        _cholesky = new(_device, _product, _largest);
        _elimination = new(_device, _product, _largest);
    }

    /// <summary>Gives the workspace back.</summary>
    public void Dispose()
    {
        _cholesky?.Dispose();
        _elimination?.Dispose();
        (_cholesky, _elimination) = (null, null);
    }
}
