using ForgePrune.Checkpoints;
using ForgePrune.Decilm;
using ForgePrune.Forward;
using ForgePrune.Gguf;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Onnx.Export;
using ForgePrune.Progress;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Cli.Engine;

/// <summary>Writes a checkpoint as an ONNX folder or a GGUF file.</summary>
internal static class ModelExport
{
    public static ExportFigures Run(ExportSettings settings, IProgressReport progress, CancellationToken stop)
    {
        using var model = DecoderModel.Open(settings.Model);
        if (model.LeftOut is { } part)
            progress.Note(part);
        using var runner = OnnxServing.Cpu.Runner(model.Config, settings.Threads);
        var told = new CallbackProgress<int>(layers =>
        {
            stop.ThrowIfCancellationRequested();
            progress.Report("export", layers, model.Config.Layers.Count);
        });
        if (settings.Decilm)
            DecilmExporter.Write(model, settings.Out, model.Tokenizer, told);
        else if (settings.Gguf is { } type)
            WriteGguf(settings, type, model, runner, told, progress, stop);
        else
            WriteOnnx(settings, model, runner, told, progress, stop);
        var files = new DirectoryInfo(settings.Out).GetFiles().OrderBy(file => file.Name, StringComparer.Ordinal).ToArray();
        return new ExportFigures(settings.Out, ModelSize.Of(model.Config).Total, files.Sum(file => file.Length), [.. files.Select(file => file.Name)]);
    }

    private static void WriteOnnx(
        ExportSettings settings, CheckpointModel model, IBlockRunner runner, IProgress<int> told, IProgressReport progress, CancellationToken stop)
    {
        var quantization = settings.Quantize is { } how ? ModelQuantization.Of(how, model, runner, Text(settings, model, progress), stop) : null;
        OnnxExporter.Write(model, settings.Out, model.Tokenizer, told, quantization, settings.Onnx);
        Note(quantization?.Layers, progress);
        if (settings.Quantize is { } codes)
            progress.Note($"codes of {codes.Bits} bits, blocks of {codes.Block}; CPUs round activations to 8 bits, block by block (accuracy_level 4)");
        if (settings.Onnx is { Float: OnnxFloat.BF16 })
            progress.Note("ONNX Runtime runs bfloat16 on GPUs only; f32 is for CPUs");
        if (OnnxServing.Cpu.TokenizerFault(settings.Out) is { } fault)
            progress.Note(fault);
    }

    private static void WriteGguf(
        ExportSettings settings, GgufType type, CheckpointModel model, IBlockRunner runner, IProgress<int> told, IProgressReport progress,
        CancellationToken stop)
    {
        GgufExporter.RequireExpressible(model.Config, model.Tokenizer, type);
        var layers = settings.Calibration is null ? null : new GptqLayers(model, runner, Text(settings, model, progress), GgufTypes.Codes(type)!, stop);
        var facts = GgufExporter.Write(model, settings.Out, model.Tokenizer, type, layers, told, settings.Threads);
        Note(layers, progress);
        foreach (var note in facts.Notes.Prepend($"written as {facts.Architecture}, {GgufTypes.Name(type)}"))
            progress.Note(note);
    }

    private static void Note(ILayerQuantizer? layers, IProgressReport progress)
    {
        foreach (var raised in layers?.RaisedDamping ?? [])
            progress.Note($"{raised}");
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
