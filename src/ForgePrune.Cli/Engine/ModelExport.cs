using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Onnx.Export;
using ForgePrune.Progress;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Cli.Engine;

/// <summary>Writes a checkpoint as an ONNX folder.</summary>
internal static class ModelExport
{
    public static ExportFigures Run(ExportSettings settings, IProgressReport progress, CancellationToken stop)
    {
        using var model = DecoderModel.Open(settings.Model);
        using var runner = OnnxServing.Cpu.Runner(model.Config, settings.Threads);
        var quantization = settings.Quantize is { } how ? ModelQuantization.Of(how, model, runner, Text(settings, model, progress), stop) : null;
        OnnxExporter.Write(model, settings.Out, model.Tokenizer, new CallbackProgress<int>(layers =>
        {
            stop.ThrowIfCancellationRequested();
            progress.Report("export", layers, model.Config.Layers.Count);
        }), quantization);
        foreach (var raised in quantization?.Layers.RaisedDamping ?? [])
            progress.Note($"{raised}");
        if (OnnxServing.Cpu.TokenizerFault(settings.Out) is { } fault)
            progress.Note(fault);
        var files = new DirectoryInfo(settings.Out).GetFiles().OrderBy(file => file.Name, StringComparer.Ordinal).ToArray();
        return new ExportFigures(settings.Out, ModelSize.Of(model.Config).Total, files.Sum(file => file.Length), [.. files.Select(file => file.Name)]);
    }

    /// <summary>No windows where no text is read.</summary>
    private static TokenWindows Text(ExportSettings settings, CheckpointModel model, IProgressReport progress)
    {
        if (settings.Calibration is not { } file)
            return new TokenWindows(settings.Window, []);
        ModelPositions.Require(OnnxServing.Cpu, settings.Model, settings.Window, $"--window {settings.Window}");
        var tokenizer = ModelTokenizer.For(model, file);
        if (ModelTokenizer.Unbegun(file, tokenizer) is { } unbegun)
            progress.Note(unbegun);
        var windows = Windows.FromFile(file, tokenizer, settings.Window, model.Config.VocabSize, settings.Tokens, ModelTokenizer.Begin(model.Config, tokenizer))
            .Said(progress);
        progress.Note($"{file}: {windows.Count} windows of {settings.Window} tokens are read");
        return windows;
    }
}
