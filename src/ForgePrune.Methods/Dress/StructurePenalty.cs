using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Training;

namespace ForgePrune.Methods.Dress;

/// <summary>Shrinks what leaves step by step, so that training moves what it carries into what stays (DReSS). Penalised are rows of v and columns of o of
/// leaving heads, rows of gate and up and columns of down of leaving channels: were it the output side alone, the other would grow to make up for it. Rows
/// of q and k stay as they are: smaller ones would flatten the softmax first. The pull grows with every step, step t of T by t/(1 + 2 + … + T) of all of
/// it.</summary>
/// <remarks>A step multiplies the weights: the proximal step of λ(t)/2·‖w‖², outside of AdamW, which would divide a gradient by its own size. Weights that
/// are multiplied with each other on their way to the stream share the factor, so that every unit's contribution falls alike.</remarks>
/// <param name="kept">What stays of every layer.</param>
internal sealed class StructurePenalty(IReadOnlyList<KeptUnits> kept) : IWeightPenalty
{
    /// <summary>What all steps together leave of a unit's contribution that no gradient moves.</summary>
    public const double Left = 1e-3;

    /// <inheritdoc/>
    public void Apply(ParameterLayout layout, float[] values, int step, int steps)
    {
        var part = 2 * (step + 1.0) / (steps * (steps + 1.0));
        foreach (var run in Leaving(layout))
        {
            var weights = layout.Of(values, run.Tensor.Role, run.Tensor.Layer);
            var factor = (float)Math.Pow(Left, part * run.Power);
            for (int i = run.Start, end = run.Start + (run.Count * run.Stride); i < end; i += run.Stride)
                weights[i] *= factor;
        }
    }

    /// <summary>The length of all penalised weights.</summary>
    public double Norm(ParameterLayout layout, float[] values)
    {
        var sum = 0.0;
        foreach (var run in Leaving(layout))
        {
            var weights = layout.Of(values, run.Tensor.Role, run.Tensor.Layer);
            for (int i = run.Start, end = run.Start + (run.Count * run.Stride); i < end; i += run.Stride)
                sum += (double)weights[i] * weights[i];
        }

        return Math.Sqrt(sum);
    }

    private IEnumerable<Run> Leaving(ParameterLayout layout)
    {
        foreach (var tensor in layout.Tensors.Where(tensor => tensor.Layer >= 0))
        {
            var (shape, units, headDim) = (layout.Config.Layers[tensor.Layer], kept[tensor.Layer], layout.Config.HeadDim);
            // A KV head stays where any of its query heads does; then the columns of o carry the factor alone.
            var groups = units.Heads.Select(head => head / Math.Max(1, shape.QueriesPerGroup)).ToHashSet();
            var runs = tensor.Role switch
            {
                TensorRole.Value or TensorRole.ValueBias => Rows(tensor, row => groups.Contains(row / headDim) ? 0 : 1 / 2.0),
                TensorRole.Output => Columns(tensor, column =>
                    units.Heads.Contains(column / headDim) ? 0 : groups.Contains(column / headDim / shape.QueriesPerGroup) ? 1 : 1 / 2.0),
                TensorRole.Gate or TensorRole.GateBias or TensorRole.Up or TensorRole.UpBias => Rows(tensor, row => units.Channels.Contains(row) ? 0 : 1 / 3.0),
                TensorRole.Down => Columns(tensor, column => units.Channels.Contains(column) ? 0 : 1 / 3.0),
                _ => [],
            };
            foreach (var run in runs.Where(run => run.Power > 0))
                yield return run;
        }
    }

    private static IEnumerable<Run> Rows(TensorSpec tensor, Func<int, double> power)
    {
        var cols = Math.Max(1, tensor.Cols);
        return Enumerable.Range(0, tensor.Rows).Select(row => new Run(tensor, row * cols, 1, cols, power(row)));
    }

    private static IEnumerable<Run> Columns(TensorSpec tensor, Func<int, double> power) =>
        Enumerable.Range(0, tensor.Cols).Select(column => new Run(tensor, column, tensor.Cols, tensor.Rows, power(column)));

    /// <param name="Power">Its part of the unit's factor; 0 where it stays.</param>
    private readonly record struct Run(TensorSpec Tensor, int Start, int Stride, int Count, double Power);
}
