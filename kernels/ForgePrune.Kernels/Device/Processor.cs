namespace ForgePrune.Kernels;

/// <summary>This machine's processor.</summary>
/// <param name="threads">0 stands for all processors.</param>
public sealed class Processor(int threads = 0) : IPruningDevice
{
    public string Name => "cpu";

    public IGramSum Gram(int cols) => new ProcessorGram(cols, threads);

    public EliminationResult Order(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead)
    {
        var stride = LargeArray.Stride<double>(n);
        var saliency = Saliency.Of(hessian, n, weights, rows, dead, stride, threads);
        return ChannelElimination.Run(saliency.Inverse, saliency.WeightGram, n, dead, stride, threads);
    }

    public IGroupSweeps Groups(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> weights, int rows, ReadOnlySpan<bool> dead, int width) =>
        new ProcessorSweeps(Saliency.Of(hessian, n, weights, rows, dead, n, threads), hessian, n, width, threads);

    public LevelFactor Factor(ReadOnlySpan<double> hessian, int n, ReadOnlySpan<double> moment, int rows, ReadOnlySpan<int> order) =>
        LevelFactor.Create(hessian, n, n, moment, rows, n, order, threads: threads);
}
