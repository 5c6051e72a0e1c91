using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Memory;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Quantization;

/// <summary>Layers by error feedback, front to back: the inputs that each projection's errors are weighed by come from the text's way through
/// everything quantised before it, in the same block too.</summary>
/// <remarks>Resident: the hidden states of all windows, one layer, one Gram with its factor. A block runs twice: up to its output projection, whose inputs
/// it gives, and once more whole.</remarks>
public sealed class GptqLayers : ILayerQuantizer
{
    private readonly ModelConfig config;
    private readonly IBlockRunner runner;
    private readonly QuantizationFormat format;
    private readonly CancellationToken cancellation;
    private readonly ResidualStream stream;
    private int next;

    /// <param name="model">The model whose layers come.</param>
    /// <param name="windows">The calibration text.</param>
    public GptqLayers(IDecoderModel model, IBlockRunner runner, TokenWindows windows, QuantizationFormat format, CancellationToken cancellation = default)
    {
        (config, this.runner, this.format, this.cancellation) = (model.Config, runner, format, cancellation);
        stream = ResidualStream.Embed(model.ReadEmbedding(), windows, config.Layers.Count == 0 ? config.HiddenSize : Calibrator.Widest(config));
    }

    public QuantizedLayer Quantize(int layer, LayerWeights weights)
    {
        if (layer != next++)
            throw new InvalidOperationException($"layer {layer} where layer {next - 1} is due: each depends on all before it");
        return new(
            weights.Attention is { } attention ? Attention(layer, attention, weights.AttentionNorm) : null,
            weights.Mlp is { } mlp ? Mlp(layer, mlp, weights.MlpNorm) : null);
    }

    private QuantizedAttention Attention(int layer, AttentionWeights block, float[] norm)
    {
        var factor = Factor($"layer {layer} q/k/v_proj", config.HiddenSize, x => NormedStream.Of(x, norm, config.RmsNormEps));
        var (query, key, value) = (Quantise(block.Query, factor), Quantise(block.Key, factor), Quantise(block.Value, factor));
        block = block with { Query = query.ToMatrix(), Key = key.ToMatrix(), Value = value.ToMatrix() };
        factor = Factor($"layer {layer} o_proj", block.Output.Cols, x => runner.Attention(block, norm, x, captureInputs: true).Inputs!);
        var output = Quantise(block.Output, factor);
        block = block with { Output = output.ToMatrix() };
        Pass(x => runner.Attention(block, norm, x).Output);
        return new(query, key, value, output);
    }

    private QuantizedMlp Mlp(int layer, MlpWeights block, float[] norm)
    {
        var factor = Factor($"layer {layer} gate/up_proj", config.HiddenSize, x => NormedStream.Of(x, norm, config.RmsNormEps));
        var (gate, up) = (Quantise(block.Gate, factor), Quantise(block.Up, factor));
        block = block with { Gate = gate.ToMatrix(), Up = up.ToMatrix() };
        factor = Factor($"layer {layer} down_proj", block.Ffn, x => runner.Mlp(block, norm, x, captureInputs: true).Inputs!);
        var down = Quantise(block.Down, factor);
        block = block with { Down = down.ToMatrix() };
        Pass(x => runner.Mlp(block, norm, x).Output);
        return new(gate, up, down);
    }

    private QuantizedMatrix Quantise(Matrix weights, InverseFactor factor) =>
        Gptq.Run(weights.Values, weights.Rows, weights.Cols, weights.Cols, format, factor, runner.Threads);

    /// <summary>What the Gram of a projection's inputs says about where its errors hurt least.</summary>
    private InverseFactor Factor(string name, int cols, Func<Activations, Activations> inputs)
    {
        var gram = new GramStatistics(cols);
        for (var chunk = 0; chunk < stream.Chunks; chunk++)
        {
            cancellation.ThrowIfCancellationRequested();
            gram.Add(inputs(stream[chunk]));
            LargeArrays.Settle();
        }
        if (!gram.IsFinite)
            throw CalibrationErrors.NotFinite(name);
        return Damping.Raise(Damping.Default, name, (fraction, _) =>
        {
            try
            {
                return InverseFactor.Of(Hessian.From(gram, fraction, affine: false).Values, cols, runner.Threads);
            }
            catch (NotPositiveDefiniteException)
            {
                return null;
            }
        });
    }

    private void Pass(Func<Activations, Activations> block)
    {
        for (var chunk = 0; chunk < stream.Chunks; chunk++)
        {
            cancellation.ThrowIfCancellationRequested();
            stream[chunk] = block(stream[chunk]);
            LargeArrays.Settle();
        }
    }
}
