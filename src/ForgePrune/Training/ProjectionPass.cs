using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>y = W·(s ∘ x) + B·(A·x) + b on rows, and its gradients. Which of s, B·A and b there are follows from the weights; only gradients of what is
/// trained are formed. Nothing is kept for the backward pass.</summary>
internal sealed class ProjectionPass
{
    private readonly TensorRole role, bias;
    private readonly PassBuffer scaled, low, dLow;
    private readonly int layer, inputs, outputs, rank, threads;

    /// <param name="rows">The largest number of rows of x and y.</param>
    public ProjectionPass(
        TensorRole role, TensorRole bias, int layer, int inputs, int outputs, RecoveryScope scope, int rows, PassMemory memory, int threads)
    {
        (this.role, this.bias, this.layer, this.inputs, this.outputs, this.threads, rank) = (role, bias, layer, inputs, outputs, threads, scope.Rank);
        scaled = memory.Passing("scaled", scope == RecoveryScope.Scales ? rows : 0, inputs);
        (low, dLow) = (memory.Passing("low-rank", rows, rank), memory.Passing("d-low-rank", rows, rank));
    }

    /// <param name="add">Add to y instead of writing it.</param>
    public void Forward(IPassWeights weights, int rows, ReadOnlySpan<float> x, Span<float> y, bool add = false)
    {
        var read = x;
        if (weights.Of(role, layer, ParameterPart.InputScale) is { IsEmpty: false } scale)
        {
            ColumnScale.Forward(x, rows, inputs, scale, scaled.Of(rows, inputs), threads);
            read = scaled.Of(rows, inputs);
        }

        new Linear(rows, inputs, outputs, threads).Forward(read, weights.Of(role, layer), weights.Of(bias, layer), y, add);
        if (weights.Of(role, layer, ParameterPart.LowRankIn) is not { IsEmpty: false } a)
            return;
        var ax = low.Of(rows, rank);
        ToRank(rows).Forward(x, a, [], ax);
        FromRank(rows).Forward(ax, weights.Of(role, layer, ParameterPart.LowRankOut), [], y, add: true);
    }

    /// <param name="add">Add to dx instead of writing it; not for projections whose inputs are scaled.</param>
    public void Backward(
        IPassWeights weights, PassGradients gradients, int rows, ReadOnlySpan<float> x, ReadOnlySpan<float> dy, Span<float> dx, bool add = false)
    {
        new Linear(rows, inputs, outputs, threads)
            .Backward(x, weights.Of(role, layer), dy, dx, gradients.Of(role, layer), gradients.Of(bias, layer), add);
        if (weights.Of(role, layer, ParameterPart.InputScale) is { IsEmpty: false } scale)
            ColumnScale.Backward(x, rows, inputs, scale, dx, gradients.Of(role, layer, ParameterPart.InputScale), threads);
        if (weights.Of(role, layer, ParameterPart.LowRankIn) is not { IsEmpty: false } a)
            return;
        Span<float> ax = low.Of(rows, rank), d = dLow.Of(rows, rank);
        ToRank(rows).Forward(x, a, [], ax);
        FromRank(rows).Backward(ax, weights.Of(role, layer, ParameterPart.LowRankOut), dy, d, gradients.Of(role, layer, ParameterPart.LowRankOut), []);
        ToRank(rows).Backward(x, a, d, dx, gradients.Of(role, layer, ParameterPart.LowRankIn), [], add: true);
    }

    private Linear ToRank(int rows) => new(rows, inputs, rank, threads);

    private Linear FromRank(int rows) => new(rows, rank, outputs, threads);
}
