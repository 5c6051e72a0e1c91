using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Quantization;

/// <summary>How an exported model is quantised.</summary>
/// <param name="Layers">Finds the codes of the projections.</param>
/// <param name="HeadFormat">Of the output head, which is rounded to nearest; null leaves it in float32.</param>
/// <param name="Threads">That round the head.</param>
/// <param name="RoundsActivations">Whether the runtime may round activations to eight bits; keeping them in float32 is several times slower.</param>
public sealed record ModelQuantization(ILayerQuantizer Layers, QuantizationFormat? HeadFormat, int Threads, bool RoundsActivations = true)
{
    /// <summary>Changes when the same weights get other codes.</summary>
    public static StageFormat Format { get; } = new("quantization", 1);

    // MatMulNBits of ONNX Runtime: 4 lets it round activations to eight bits, block by block; 0 keeps them.
    internal const int RoundedLevel = 4, ExactLevel = 0;

    /// <summary>How exactly the runtime is asked to multiply.</summary>
    internal int AccuracyLevel => RoundsActivations ? RoundedLevel : ExactLevel;

    /// <param name="windows">The calibration text; read by error feedback only.</param>
    public static ModelQuantization Of(
        QuantizationSettings settings, IDecoderModel model, IBlockRunner runner, TokenWindows windows, CancellationToken cancellation = default) => new(
        settings.Method == QuantizationMethod.Gptq
            ? new GptqLayers(model, runner, windows, settings.Format, cancellation)
            : new RoundedLayers(settings.Format, runner.Threads),
        settings.HeadFormat, runner.Threads);

    /// <summary>Codes of the head; null where it stays in float32.</summary>
    public QuantizedMatrix? Head(IDecoderModel model)
    {
        if (HeadFormat is null)
            return null;
        var head = model.ReadHead();
        return RoundToNearest.Run(head.Values, head.Rows, head.Cols, head.Cols, HeadFormat, Threads);
    }
}
