namespace ForgePrune.Kernels;

/// <summary>This machine's processor, as far as the work on it may take it.</summary>
public sealed class CpuDevice : IPruningDevice
{
    /// <param name="threads">At least 1; more than <see cref="Limit"/> allows are not used.</param>
    public CpuDevice(int threads) => Threads = Limit(threads);

    public string Name => "cpu";

    /// <inheritdoc/>
    public int Threads { get; }

    /// <summary>So many threads, or as many as this process has processors where those are fewer: its affinity and its container's limit count. Threads beyond
    /// that only wait for each other.</summary>
    public static int Limit(int threads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(threads, 1);
        return Math.Min(threads, Environment.ProcessorCount);
    }

    public IGramSum Gram(int cols) => new CpuGram(cols, Threads);

    public EliminationResult Order(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead)
    {
        var stride = LargeArray.Stride<double>(n);
        var saliency = Saliency.Of(hessian, n, weights, rows, dead, stride, Threads);
        return ChannelElimination.Run(saliency.Inverse, saliency.WeightGram, n, dead, stride, Threads);
    }

    public IGroupSweeps Groups(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead, int width) =>
        new CpuSweeps(Saliency.Of(hessian, n, weights, rows, dead, n, Threads), hessian, n, width, Threads);

    public LevelFactor Factor(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> moment, int rows, ReadOnlySpan<int> order) =>
        LevelFactor.Create(hessian, n, n, moment, rows, n, order, Threads);
}
