namespace ForgePrune.Kernels;

/// <summary>This machine's processor, as far as the work on it may take it.</summary>
public sealed class CpuDevice : IPruningDevice
{
    /// <summary>Takes a number of threads of the processor.</summary>
    /// <param name="threads">At least 1; those beyond what <see cref="Limit"/> allows are not used.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no thread.</exception>
    public CpuDevice(int threads) => Threads = Limit(threads);

    /// <inheritdoc/>
    public string Name => "cpu";

    /// <inheritdoc/>
    public int Threads { get; }

    /// <summary>
    /// Limits a number of threads to the processors that this process has, which its affinity and its container's limit count. Threads beyond that only wait.
    /// </summary>
    /// <param name="threads">At least 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no thread.</exception>
    public static int Limit(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        return Math.Min(threads, Environment.ProcessorCount);
    }

    /// <inheritdoc/>
    public IGramSum Gram(int cols) => new CpuGram(cols, Threads);

    /// <inheritdoc/>
    public IMomentSum Moments(int rows, int cols) => new CpuMoments(rows, cols, Threads);

    /// <inheritdoc/>
    public EliminationResult Order(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead)
    {
        var stride = LargeArray.Stride<double>(n);
        var saliency = Saliency.Of(hessian, n, weights, rows, dead, stride, Threads);
        return ChannelElimination.Run(saliency.Inverse, saliency.WeightGram, n, dead, stride, Threads);
    }

    /// <inheritdoc/>
    public IGroupSweeps Groups(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead, int width) =>
        new CpuSweeps(Saliency.Of(hessian, n, weights, rows, dead, n, Threads), hessian, n, width, Threads);

    /// <inheritdoc/>
    public LevelFactor Factor(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> moment, int rows, ReadOnlySpan<int> order) =>
        LevelFactor.Create(hessian, n, n, moment, rows, n, order, Threads);

    /// <inheritdoc/>
    public LevelFactor FactorOfWeights(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<int> order) =>
        LevelFactor.FromWeights(hessian, n, n, weights, rows, n, order, Threads);
}
