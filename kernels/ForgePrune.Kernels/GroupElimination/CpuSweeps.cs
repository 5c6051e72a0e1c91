using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>Sweeps on the processor: each destroys a copy of the two matrices.</summary>
internal sealed class CpuSweeps(Saliency saliency, ReadOnlySpan<double> hessian, int n, int width, int threads) : IGroupSweeps
{
    /// <summary>The most that sweeps which go on at the same time may take, in bytes, each with a factor of its own beside it.</summary>
    public const long Memory = 1L << 30;

    public double Energy { get; } = TensorPrimitives.Dot(hessian, saliency.WeightGram.AsSpan());

    // A step of one sweep is a chain of small operations, which several threads make little faster; whole sweeps do not wait for each other.
    public int AtOnce(int sweeps) => (int)Math.Clamp(Memory / Math.Max(1, 4L * n * n * sizeof(double)), 1, Math.Min(sweeps, Workers.Count(threads)));

    // Copies: repeating the first removals is cheaper in memory than keeping one for each number of groups.
    public IGroupEliminator Start(int atOnce) => new GroupEliminator(
        saliency.Inverse.AsSpan().ToArray(), saliency.WeightGram.AsSpan().ToArray(), n, width, Workers.Count(threads) / atOnce);

    public void Dispose()
    {
    }
}
