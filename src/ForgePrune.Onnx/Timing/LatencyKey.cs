using System.Globalization;
using System.Runtime.InteropServices;
using ForgePrune.Latency;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Providers;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Timing;

/// <summary>Everything that measured times depend on.</summary>
internal static class LatencyKey
{
    public static SortedDictionary<string, string> Of(ModelConfig config, TimingSettings settings, ServedAs served)
    {
        var keys = Plain(config, settings);
        // As the next: what was measured on the processor stays known.
        if (served.Provider.CudaIndex is { } index)
        {
            var gpu = GpuConditions.Ask(index);
            (keys["provider"], keys["gpu"], keys["driver"]) = (served.Provider.Kind, gpu?.Name ?? "unknown", gpu?.Driver ?? "unknown");
        }

        if (served.Type != OnnxFloat.F32)
            keys["type"] = served.Type.ToString().ToLowerInvariant();
        // Only where there is any, so that what was measured of other models stays known.
        if (config is not { Norms: BlockNorms.Before, Activation: GateActivation.Silu, QkNormAcrossHeads: false, ScoreCap: null, LogitCap: null })
        {
            keys["blocks"] = $"norms {config.Norms}, {config.Activation}, norms {(config.QkNormAcrossHeads ? "across" : "of")} heads, "
                + $"bounds of scores {(config.ScoreCap is null ? "no" : "yes")}, of logits {(config.LogitCap is null ? "no" : "yes")}";
        }

        if (config.OneMlpKind is { IsRouted: true } kind)
            keys["experts"] = string.Create(CultureInfo.InvariantCulture, $"{kind.ExpertWidth} channels, {kind.PerToken} for a token");
        return keys;
    }

    private static SortedDictionary<string, string> Plain(ModelConfig config, TimingSettings settings) => new(StringComparer.Ordinal)
    {
        ["processor"] = $"{Processor.Name ?? "unknown"} ({RuntimeInformation.ProcessArchitecture})",
        ["cores"] = Text(Environment.ProcessorCount),
        ["runtime"] = "onnxruntime " + OrtEnv.Instance().GetVersionString(),
        ["provider"] = "cpu",
        ["format"] = LatencyMeasurer.Format.ToString(),
        ["threads"] = Text(settings.Threads),
        ["batch"] = Text(settings.Batch),
        ["prompt"] = Text(settings.Prompt),
        ["context"] = Text(settings.Context),
        ["layers"] = Text(config.Layers.Count),
        ["hidden"] = Text(config.HiddenSize),
        ["headDim"] = Text(config.HeadDim),
        ["vocab"] = Text(config.VocabSize),
        ["tied"] = config.TiedEmbeddings ? "yes" : "no",
        ["qkNorm"] = config.QkNorm ? "yes" : "no",
        ["attention"] = $"rotates {config.RotaryWidth}"
            + string.Concat(config.Attention.Distinct().Select(kind => $", {(kind.Unrotated ? "none" : "")}{kind.Window}")),
        ["scales"] = config is { EmbeddingScale: 1, ResidualScale: 1 } ? "no" : "yes",
        ["biases"] = $"qkv {config.QkvBias}, output {config.OutputBias}, gate and up {config.GateUpBias}, down {config.DownBias}",
    };

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
