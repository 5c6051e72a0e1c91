using ForgePrune.Forward;
using ForgePrune.Kernels;

namespace ForgePrune.Calibration;

/// <summary>The statistics of one projection's inputs while they stream by; the squares are summed where <paramref name="device"/> computes.</summary>
internal sealed class GramAccumulator(int cols, IPruningDevice device) : IDisposable
{
    private readonly IGramSum squares = device.Gram(cols);
    private readonly double[] sums = new double[cols];
    private long tokens;

    public void Add(Activations inputs)
    {
        squares.Add(inputs.Values, inputs.Rows, inputs.Width);
        Gram.AccumulateSum(inputs.Values, inputs.Rows, cols, inputs.Width, sums);
        tokens += inputs.Rows;
    }

    public GramStatistics Finish() => new(cols, tokens, squares.Finish(), sums);

    public void Dispose() => squares.Dispose();
}
