using ForgePrune.Kernels;

namespace ForgePrune.GpuPerf;

/// <summary>A device whose sums take everything from the host.</summary>
internal sealed class ByTheHost(IPruningDevice device) : IPruningDevice
{
    public string Name => device.Name;

    public int Threads => device.Threads;

    public IGramSum Gram(int cols) => new Sum(device.Gram(cols));

    public EliminationResult Order(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead) =>
        device.Order(hessian, n, weights, rows, dead);

    public IGroupSweeps Groups(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead, int width) =>
        device.Groups(hessian, n, weights, rows, dead, width);

    public LevelFactor Factor(ReadOnlyLongSpan<double> hessian, int n, ReadOnlySpan<double> moment, int rows, ReadOnlySpan<int> order) =>
        device.Factor(hessian, n, moment, rows, order);

    // It has no reader of lent memory.
    private sealed class Sum(IGramSum sum) : IGramSum
    {
        public void Add(ReadOnlySpan<float> x, int tokens, int stride) => sum.Add(x, tokens, stride);

        public LongArray<double> Finish() => sum.Finish();

        public void Dispose() => sum.Dispose();
    }
}
