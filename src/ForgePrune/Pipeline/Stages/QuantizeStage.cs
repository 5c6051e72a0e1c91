using System.Globalization;
using ForgePrune.Model;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Quantization;
using ForgePrune.Tokens;

namespace ForgePrune.Pipeline.Stages;

/// <summary>Writes the pruned model once more, its projections in codes of a few bits.</summary>
internal static class QuantizeStage
{
    /// <param name="windows">What error feedback learns from.</param>
    /// <param name="evaluation">What the result is judged on.</param>
    /// <returns>Null where no quantised model is asked for.</returns>
    public static QuantizedSummary? Run(
        RunContext run, IDecoderModel pruned, DenseExport dense, StageResult onnx, TokenWindows windows, TokenWindows evaluation)
    {
        if (run.Settings.Quantize is not { } settings)
            return null;
        var written = Write(run, pruned, settings, windows);
        var measured = QuantizedProof.Run(run, settings, dense, onnx, written, evaluation);
        return new QuantizedSummary(
            settings.Bits, settings.MethodName, settings.Block, SummaryOf.Weights(run, written), measured?.Perplexity, measured?.ExactPerplexity, measured?.Kl,
            measured is null ? null : new(RatioSummary.Of(measured.Prefill.Dense), RatioSummary.Of(measured.Decode.Dense)),
            measured is null ? null : new(RatioSummary.Of(measured.Prefill.Pruned), RatioSummary.Of(measured.Decode.Pruned)));
    }

    private static StageResult Write(RunContext run, IDecoderModel pruned, QuantizationSettings settings, TokenWindows windows)
    {
        var name = $"onnx-{settings.Name}";
        (string, string)[] text = settings.Method == QuantizationMethod.Gptq ? [("windows", windows.Hash)] : [];
        var key = run.Key([run.Runtime.ExportFormat, ModelQuantization.Format],
            [("model", pruned.ContentHash), ("companions", run.Companions.All), .. text],
            [("method", settings.MethodName), ("block", settings.Block.ToString(CultureInfo.InvariantCulture)), .. run.Serving]);
        var result = run.Stage(name, key,
            folder =>
            {
                NotePadding(run, pruned.Config, settings.Block);
                var quantization = ModelQuantization.Of(settings, pruned, run.Runner, windows, run.Stop);
                ExportStages.Export(run, pruned, folder, name, quantization);
                DampingFile.Write(folder, quantization.Layers.RaisedDamping);
            });
        run.Damped(name, DampingFile.Read(result.Folder));
        return result;
    }

    /// <summary>Pruned widths are rarely whole blocks: the last one is filled up, which costs a little memory and time.</summary>
    private static void NotePadding(RunContext run, ModelConfig config, int block)
    {
        int[] widths = [.. config.Layers.SelectMany(layer => new[] { layer.QueryHeads * config.HeadDim, layer.Ffn }).Append(config.HiddenSize)
            .Where(width => width % block != 0).Distinct()];
        if (widths.Length > 0)
            run.Progress.Note($"quantisation: widths of {string.Join(", ", widths.Order())} are no whole blocks of {block}; their last block is filled up");
    }
}
