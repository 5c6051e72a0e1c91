using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Kernels;

namespace ForgePrune.Refit;

/// <summary>The moments of a least-squares fit while activations stream by; the products are summed where <paramref name="device"/> computes.</summary>
/// <param name="weighed">Whether inputs and targets come times the factors of their tokens, and targets without the bias that stays.</param>
internal sealed class MomentAccumulator(int rows, int cols, IPruningDevice device, bool weighed = false) : IDisposable
{
    private readonly double[] inputSums = new double[cols], targetSums = new double[rows];
    private IMomentSum? products = device.Moments(rows, cols);
    private long tokens;

    /// <param name="targets">tokens × rows.</param>
    /// <param name="inputs">tokens × cols.</param>
    public void Add(Activations targets, Activations inputs)
    {
        if (!inputs.Lend(memory => products!.Reader(memory) is { } there ? x => there.Add(targets.Values, targets.Width, x, inputSums) : null))
        {
            products!.Add(targets.Values, targets.Width, inputs.Values, inputs.Width, inputs.Rows);
            Gram.AccumulateSum(inputs.Values, inputs.Rows, cols, inputs.Width, inputSums);
        }

        Gram.AccumulateSum(targets.Values, targets.Rows, rows, targets.Width, targetSums);
        tokens += inputs.Rows;
    }

    /// <summary>Ends the sums and gives the device's memory back, for the factor that follows.</summary>
    public TargetMoments Finish()
    {
        var (gram, cross) = products!.Finish();
        Dispose();
        return new(new GramStatistics(cols, tokens, gram, inputSums), cross, targetSums, weighed, device.Threads);
    }

    public void Dispose()
    {
        products?.Dispose();
        products = null;
    }
}
