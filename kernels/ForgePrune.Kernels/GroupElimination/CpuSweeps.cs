using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>Sweeps on the processor: each destroys a copy of the two matrices.</summary>
internal sealed class CpuSweeps(Saliency saliency, ReadOnlySpan<double> hessian, int n, int width, int threads) : IGroupSweeps
{
    public double Energy { get; } = TensorPrimitives.Dot(hessian, saliency.WeightGram.AsSpan());

    // Copies: repeating the first removals is cheaper in memory than keeping one for each number of groups.
    public IGroupEliminator Start() =>
        new GroupEliminator(saliency.Inverse.AsSpan().ToArray(), saliency.WeightGram.AsSpan().ToArray(), n, width, threads);

    public void Dispose()
    {
    }
}
