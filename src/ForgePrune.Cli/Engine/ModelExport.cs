using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Runs;

namespace ForgePrune.Cli.Engine;

/// <summary>Writes a checkpoint as an ONNX folder.</summary>
internal static class ModelExport
{
    public static ExportFigures Run(ExportSettings settings, IProgressReport progress)
    {
        using var model = DecoderModel.Open(settings.Model);
        OnnxExporter.Write(model, settings.Out, model.Tokenizer, new LayerReport(progress, model.Config.Layers.Count));
        var files = new DirectoryInfo(settings.Out).GetFiles().OrderBy(file => file.Name, StringComparer.Ordinal).ToArray();
        return new ExportFigures(settings.Out, ModelSize.Of(model.Config).Total, files.Sum(file => file.Length), [.. files.Select(file => file.Name)]);
    }

    private sealed class LayerReport(IProgressReport progress, int layers) : IProgress<int>
    {
        public void Report(int value) => progress.Report("export", value, layers);
    }
}
