using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Quantization;

/// <summary>Layers by error feedback, front to back (<see cref="SequentialCalibration{T}"/>).</summary>
public sealed class GptqLayers : ILayerQuantizer
{
    private readonly SequentialCalibration<QuantizedMatrix> walk;

    /// <param name="model">The model whose layers come.</param>
    /// <param name="windows">The calibration text.</param>
    public GptqLayers(
        IDecoderModel model, IBlockRunner runner, TokenWindows windows, QuantizationFormat format, CancellationToken cancellation = default) =>
        walk = new(
            model, runner, windows,
            (weights, inputs) => Gptq.Run(weights.Values, weights.Rows, weights.Cols, weights.Cols, format, inputs.Factor, runner.Threads),
            QuantizedValues.ToMatrix, cancellation);

    /// <inheritdoc/>
    public IReadOnlyList<RaisedDamping> RaisedDamping => walk.RaisedDamping;

    public QuantizedLayer Quantize(int layer, LayerWeights weights)
    {
        var (attention, mlp) = walk.Layer(layer, weights);
        return new(
            attention is null ? null : new(attention.Query, attention.Key, attention.Value, attention.Output),
            mlp is null ? null : new(mlp.Gate, mlp.Up, mlp.Down));
    }
}
