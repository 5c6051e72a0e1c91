using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Refit;

namespace ForgePrune.Training;

/// <summary>Gathers flat values into a smaller shape of the same model: the kept part of each tensor, in order. Weights, gradients and moments are all
/// gathered alike, so that a training continues after a cut as if the removed parts had never existed.</summary>
internal sealed class ParameterGather
{
    private readonly ParameterLayout from;
    private readonly KeptBlocks[] kept;

    /// <param name="from">The layout of the values.</param>
    /// <param name="shapes">The shape that each layer keeps.</param>
    /// <param name="sets">The kept heads and channels.</param>
    public ParameterGather(ParameterLayout from, IReadOnlyList<LayerShape> shapes, IKeptSets sets)
    {
        this.from = from;
        Layout = new ParameterLayout(from.Config with { Layers = shapes });
        kept = [.. shapes.Select((shape, layer) => new KeptBlocks(layer, shape, sets))];
    }

    /// <summary>The layout of the result.</summary>
    public ParameterLayout Layout { get; }

    /// <param name="values">Values in the original layout.</param>
    /// <returns>Values in <see cref="Layout"/>.</returns>
    public float[] Apply(float[] values)
    {
        var result = LargeArray.Uninitialized<float>(Layout.Count);
        foreach (var tensor in Layout.Tensors)
            Copy(tensor, from.Of(values, tensor.Role, tensor.Layer), Layout.Of(result, tensor.Role, tensor.Layer));
        return result;
    }

    /// <summary>Gathers weights and moments.</summary>
    public OptimizerState Apply(OptimizerState state) =>
        new(new DecoderParameters(Layout, Apply(state.Parameters.Values)), Apply(state.Means), Apply(state.Squares), state.Done);

    private void Copy(TensorSpec tensor, ReadOnlySpan<float> source, Span<float> target)
    {
        var headDim = Layout.Config.HeadDim;
        switch (tensor.Role)
        {
            case TensorRole.Query or TensorRole.QueryBias:
                Rows(tensor, source, target, Heads(tensor), headDim);
                break;
            case TensorRole.Key or TensorRole.KeyBias or TensorRole.Value or TensorRole.ValueBias:
                Rows(tensor, source, target, Groups(tensor), headDim);
                break;
            case TensorRole.Output:
                Columns(tensor, source, target, Heads(tensor), headDim);
                break;
            case TensorRole.Gate or TensorRole.GateBias or TensorRole.Up or TensorRole.UpBias:
                Rows(tensor, source, target, Channels(tensor), 1);
                break;
            case TensorRole.Down:
                Columns(tensor, source, target, Channels(tensor), 1);
                break;
            default:
                source.CopyTo(target);
                break;
        }
    }

    private int[] Heads(TensorSpec tensor) => [.. kept[tensor.Layer].Heads!];

    private int[] Groups(TensorSpec tensor) => HeadSets.Groups(Heads(tensor), from.Config.Layers[tensor.Layer].QueriesPerGroup);

    private int[] Channels(TensorSpec tensor) => [.. kept[tensor.Layer].Channels!];

    // A bias is a matrix of one column.
    private static void Rows(TensorSpec tensor, ReadOnlySpan<float> source, Span<float> target, int[] blocks, int block)
    {
        var cols = tensor.IsVector ? 1 : tensor.Cols;
        Gather.RowBlocks(source, source.Length / cols, cols, cols, block, blocks, target, cols);
    }

    private static void Columns(TensorSpec tensor, ReadOnlySpan<float> source, Span<float> target, int[] blocks, int block) =>
        Gather.ColumnBlocks(source, tensor.Rows, source.Length / tensor.Rows, source.Length / tensor.Rows, block, blocks, target, tensor.Cols);
}
