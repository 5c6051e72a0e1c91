using ForgePrune.Errors;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Quantization;
using ForgePrune.Tokens;

namespace ForgePrune.Methods.TrainLarge;

/// <summary>Layers whose projections have zeros, chosen and made good by second order (<see cref="SparseGpt"/>), front to back: one-shot, without
/// training. Shapes stay what they are; only a runtime with sparse kernels gains from them.</summary>
internal sealed class SparseLayers
{
    private readonly SparsityPattern pattern;
    private readonly int threads;
    private readonly SequentialCalibration<Matrix> walk;

    /// <param name="model">The model whose layers come.</param>
    /// <param name="windows">The calibration text.</param>
    /// <exception cref="BadInputException">A projection does not consist of whole groups of the pattern.</exception>
    public SparseLayers(
        IDecoderModel model, IBlockRunner runner, TokenWindows windows, SparsityPattern pattern, CancellationToken cancellation = default)
    {
        (this.pattern, threads) = (pattern, runner.Threads);
        RequireGroups(model.Config);
        walk = new(model, runner, windows, Prune, matrix => matrix, cancellation);
    }

    /// <summary>Projections so far whose inputs needed more damping than usual.</summary>
    public IReadOnlyList<RaisedDamping> RaisedDamping => walk.RaisedDamping;

    /// <summary>The next layer, once each and in order.</summary>
    public LayerWeights Sparsify(int layer, LayerWeights weights)
    {
        var (attention, mlp) = walk.Layer(layer, weights);
        return weights with
        {
            Attention = attention is null ? null
                : weights.Attention! with { Query = attention.Query, Key = attention.Key, Value = attention.Value, Output = attention.Output },
            Mlp = mlp is null ? null : weights.Mlp! with { Gate = mlp.Gate, Up = mlp.Up, Down = mlp.Down },
        };
    }

    /// <summary>Weights of inputs that are always zero do nothing, so they go first.</summary>
    private Matrix Prune(Matrix weights, ProjectionInputs inputs)
    {
        var values = (float[])weights.Values.Clone();
        for (var i = 0; i < values.Length; i++)
            if (inputs.Dead[i % weights.Cols])
                values[i] = 0;
        var sparse = SparseGpt.Run(values, weights.Rows, weights.Cols, weights.Cols, pattern, inputs.Factor, threads);
        return new Matrix(weights.Rows, weights.Cols, sparse);
    }

    private void RequireGroups(ModelConfig config)
    {
        if (!pattern.HasGroups)
            return;
        foreach (var width in config.Layers.SelectMany(layer => new[] { config.HiddenSize, layer.QueryHeads * config.HeadDim, layer.Ffn }))
            if (width % pattern.Group != 0)
            {
                throw new BadInputException(
                    $"the model has a projection of {width} inputs, which are no whole groups of {pattern.Group} as {pattern} sparsity needs; "
                    + "take unstructured sparsity instead");
            }
    }
}
