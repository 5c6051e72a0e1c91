using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Memory;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Quantization;

/// <summary>The statistics of the inputs of a projection, by which its errors are weighed.</summary>
/// <param name="Factor">The Cholesky factor of the inverse of their damped Gram.</param>
/// <param name="Dead">Inputs that were zero on every token.</param>
internal sealed record ProjectionInputs(InverseFactor Factor, bool[] Dead);

/// <summary>The replaced projections of one attention block.</summary>
internal sealed record AttentionProjections<T>(T Query, T Key, T Value, T Output);

/// <summary>The replaced projections of one MLP block.</summary>
internal sealed record MlpProjections<T>(T Gate, T Up, T Down);

/// <summary>Replaces the projections of a model by error feedback (GPTQ, Frantar et al. 2023), front to back. The inputs of each projection come from the
/// text's way through everything made before it, in the same block too.</summary>
/// <remarks>Resident: the hidden states of all windows, one layer, one Gram with its factor. A block runs twice: up to its output projection, whose
/// inputs it gives, and once more whole.</remarks>
/// <typeparam name="T">What a projection becomes.</typeparam>
/// <param name="make">Makes a projection anew.</param>
/// <param name="weights">The weights that a runtime computes with.</param>
/// <param name="invert">Makes the factor of a Hessian's inverse from its values, columns and threads; null for
/// <see cref="InverseFactor.Of(LongArray{double}, int, int)"/>.</param>
internal sealed class SequentialCalibration<T>(
    IDecoderModel model, IBlockRunner runner, TokenWindows windows, Func<Matrix, ProjectionInputs, T> make, Func<T, Matrix> weights,
    CancellationToken cancellation, Func<LongArray<double>, int, int, InverseFactor>? invert = null)
{
    private readonly ModelConfig config = QuantizationErrors.ThrowIfExperts(model.Config);
    private readonly ResidualStream stream = ResidualStream.Embed(
        model, windows, model.Config.Layers.Count == 0 ? model.Config.HiddenSize : Calibrator.Widest(model.Config));

    private readonly List<RaisedDamping> raised = [];
    private int next;

    /// <summary>Projections so far whose inputs needed more damping than usual.</summary>
    public IReadOnlyList<RaisedDamping> RaisedDamping => raised;

    /// <summary>The blocks of the next layer; null where it has none.</summary>
    public (AttentionProjections<T>? Attention, MlpProjections<T>? Mlp) Layer(int layer, LayerWeights full)
    {
        if (layer != next++)
            throw new InvalidOperationException($"layer {layer} where layer {next - 1} is due: each depends on all before it");
        return (
            full.Attention is { } attention ? Attention(layer, attention, full.AttentionNorm) : null,
            full.Mlp is { } mlp ? Mlp(layer, mlp, full.MlpNorm) : null);
    }

    private AttentionProjections<T> Attention(int layer, AttentionWeights block, float[] norm)
    {
        var inputs = Inputs($"layer {layer} q/k/v_proj", config.HiddenSize, x => NormedStream.Of(x, norm, config.RmsNormEps, runner.Threads));
        var (query, key, value) = (make(block.Query, inputs), make(block.Key, inputs), make(block.Value, inputs));
        block = block with { Query = weights(query), Key = weights(key), Value = weights(value) };
        using (var held = runner.Hold(block, norm))
        {
            inputs = Inputs($"layer {layer} o_proj", block.Output.Cols,
                x => Weighed(held.Run(x, captureInputs: true).Inputs!, block.Output, block.OutputBias, block.PostNorm));
        }

        var output = make(block.Output, inputs);
        block = block with { Output = weights(output) };
        Pass(runner.Hold(block, norm));
        return new(query, key, value, output);
    }

    private MlpProjections<T> Mlp(int layer, MlpWeights block, float[] norm)
    {
        var inputs = Inputs($"layer {layer} gate/up_proj", config.HiddenSize, x => NormedStream.Of(x, norm, config.RmsNormEps, runner.Threads));
        var (gate, up) = (make(block.Gate, inputs), make(block.Up, inputs));
        block = block with { Gate = weights(gate), Up = weights(up) };
        using (var held = runner.Hold(block, norm))
        {
            inputs = Inputs($"layer {layer} down_proj", block.Ffn,
                x => Weighed(held.Run(x, captureInputs: true).Inputs!, block.Down, block.DownBias, block.PostNorm));
        }

        var down = make(block.Down, inputs);
        block = block with { Down = weights(down) };
        Pass(runner.Hold(block, norm));
        return new(gate, up, down);
    }

    /// <summary>Tokens by the weights that the norm behind the projection gives their errors.</summary>
    private Activations Weighed(Activations inputs, Matrix output, float[]? bias, float[]? norm)
    {
        if (norm is not null)
            OutputNorm.Weigh(inputs, OutputNorm.Scales(inputs, output, bias, config.RmsNormEps, runner.Threads));
        return inputs;
    }

    private ProjectionInputs Inputs(string name, int cols, Func<Activations, Activations> inputs)
    {
        var gram = new GramStatistics(cols);
        for (var chunk = 0; chunk < stream.Chunks; chunk++)
        {
            cancellation.ThrowIfCancellationRequested();
            gram.Add(inputs(stream[chunk]), runner.Threads);
            LargeArrays.Settle();
        }
        if (!gram.IsFinite)
            throw CalibrationErrors.NotFinite(name);
        var (found, damping) = Damping.Raise(Damping.Default, name, (fraction, refused) =>
        {
            var hessian = Hessian.From(gram, fraction, affine: false, runner.Threads);
            return (new ProjectionInputs((invert ?? InverseFactor.Of)(hessian.Values, cols, runner.Threads), hessian.Dead),
                new Damping(fraction, hessian.Lambda, [.. refused]));
        });
        if (damping.Raised(name) is { } more)
            raised.Add(more);
        return found;
    }

    private void Pass(IHeldBlock held)
    {
        using var block = held;
        for (var chunk = 0; chunk < stream.Chunks; chunk++)
        {
            cancellation.ThrowIfCancellationRequested();
            stream[chunk] = block.Run(stream[chunk]).Output;
            LargeArrays.Settle();
        }
    }
}
