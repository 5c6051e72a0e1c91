using ForgePrune.Checkpoints;
using ForgePrune.Gguf;
using ForgePrune.Gguf.Layers;
using ForgePrune.Model;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Progress;
using ForgePrune.Quantization;
using ForgePrune.Search;
using ForgePrune.Tokens;

namespace ForgePrune.Pipeline.Stages;

/// <summary>Writes the pruned model once more, as a GGUF file.</summary>
internal static class GgufStage
{
    /// <summary>The folder within the run.</summary>
    public const string Name = "gguf";

    /// <summary>Refuses a run whose result could not be written in the end.</summary>
    /// <param name="config">Of the dense model, with the biases that are refitted.</param>
    /// <exception cref="Errors.BadInputException">llama.cpp cannot express the model with other layers, or its tokenizer.</exception>
    public static void Require(PruneSettings settings, ModelConfig config, TokenizerSource? tokenizer)
    {
        if (settings.Gguf is { } type)
            GgufExporter.RequireExpressible(config, tokenizer, type, layersDiffer: settings.Shapes != PlanShapes.Uniform);
    }

    /// <param name="windows">What error feedback learns from, where the type has codes.</param>
    /// <returns>Null where no file is asked for.</returns>
    public static GgufSummary? Run(RunContext run, IDecoderModel pruned, TokenWindows windows)
    {
        if (run.Settings.Gguf is not { } type)
            return null;
        var codes = GgufTypes.Codes(type);
        var key = run.Key(codes is null ? [GgufExporter.Format] : [GgufExporter.Format, ModelQuantization.Format],
            [("model", pruned.ContentHash), ("companions", run.Companions.All), .. codes is null ? [] : new[] { ("windows", windows.Hash) }],
            [("type", GgufTypes.Name(type))]);
        var result = run.Stage(Name, key, folder =>
        {
            var layers = codes is null ? null : new GptqLayers(pruned, run.Runner, windows, codes, run.Stop);
            var told = new CallbackProgress<int>(done => run.Progress.Report(Name, done, pruned.Config.Layers.Count));
            foreach (var note in GgufExporter.Fill(pruned, folder, run.Dense.Tokenizer, type, layers, told, run.Settings.Threads).Notes)
                run.Progress.Note($"{Name}: {note}");
            DampingFile.Write(folder, layers?.RaisedDamping ?? []);
        });
        run.Damped(Name, DampingFile.Read(result.Folder));
        var files = result.Manifest.Files;
        return new(GgufTypes.Name(type), GgufArchitecture.Of(pruned.Config).Name, files.Sum(file => file.Bytes), [.. files.Select(file => file.Name)]);
    }
}
