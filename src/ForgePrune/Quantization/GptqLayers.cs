using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Quantization;

/// <summary>Quantizes layers by GPTQ (Frantar et al. 2023), front to back. The calibration text runs through the layers that are already quantized.</summary>
public sealed class GptqLayers : ILayerQuantizer
{
    private readonly SequentialCalibration<QuantizedMatrix> calibration;

    /// <summary>A quantizer of one model.</summary>
    /// <param name="model">The model.</param>
    /// <param name="runner">The forward pass of its blocks.</param>
    /// <param name="windows">The calibration text as token ids.</param>
    /// <param name="format">The number format of the codes.</param>
    /// <param name="cancellation">Stops between two chunks of windows.</param>
    /// <exception cref="Errors.BadInputException">A token id lies outside of the vocabulary.</exception>
    public GptqLayers(
        IDecoderModel model, IBlockRunner runner, TokenWindows windows, QuantizationFormat format, CancellationToken cancellation = default) =>
        calibration = new(
            model, runner, windows,
            (weights, inputs) => Gptq.Run(weights.Values, weights.Rows, weights.Cols, weights.Cols, format, inputs.Factor, runner.Threads),
            QuantizedValues.ToMatrix, cancellation);

    /// <inheritdoc/>
    public IReadOnlyList<RaisedDamping> RaisedDamping => calibration.RaisedDamping;

    /// <inheritdoc/>
    public QuantizedLayer Quantize(int layer, LayerWeights weights)
    {
        var (attention, mlp) = calibration.Layer(layer, weights);
        return new(
            attention is null ? null : new(attention.Query, attention.Key, attention.Value, attention.Output),
            mlp is null ? null : new(mlp.Gate, mlp.Up, mlp.Down));
    }
}
