using ForgePrune.Checkpoints;
using ForgePrune.Evaluation;
using ForgePrune.Onnx;
using ForgePrune.Onnx.Forward;
using ForgePrune.Progress;
using ForgePrune.Serving;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Cli.Engine;

/// <summary>Perplexity and divergence of a checkpoint on a text.</summary>
internal static class TextEvaluation
{
    // Windows between two reports: few enough to show life, enough that reading the weights again costs little beside the forward pass.
    private const int WindowsPerReport = 32;

    public static EvalFigures Run(EvalSettings settings, IProgressReport progress, CancellationToken stop)
    {
        // An exported model on either side is read as a client sees it, and the other with it.
        if (OnnxServing.Cpu.IsExported(settings.Model) || (settings.Against is { } other && OnnxServing.Cpu.IsExported(other)))
            return ExportEvaluation.Run(settings, progress, stop);
        using var model = DecoderModel.Open(settings.Model);
        using var against = settings.Against is { } dense ? DecoderModel.Open(dense) : null;
        var config = model.Config;
        foreach (var path in new[] { settings.Model, settings.Against }.OfType<string>())
            ModelPositions.Require(OnnxServing.Cpu, path, settings.Window, $"--window {settings.Window}");
        var tokenizer = ModelTokenizer.For(model, settings.Text);
        if (ModelTokenizer.Unbegun(settings.Text, tokenizer) is { } unbegun)
            progress.Note(unbegun);
        var windows = Windows.FromFile(settings.Text, tokenizer, settings.Window, config.VocabSize, null, ModelTokenizer.Begin(config, tokenizer)).Said(progress);
        using var runner = new OrtBlockRunner(config, settings.Threads);
        var likelihoods = new List<double>();
        var divergences = new List<double>();
        for (var start = 0; start < windows.Count; start += WindowsPerReport)
        {
            stop.ThrowIfCancellationRequested();
            progress.Report("evaluation", start, windows.Count, "windows");
            var part = ModelEvaluation.Run(model, runner, windows.Slice(start, Math.Min(WindowsPerReport, windows.Count - start)), against);
            likelihoods.AddRange(part.NegativeLogLikelihoods);
            divergences.AddRange(part.Divergences ?? []);
        }

        progress.Report("evaluation", windows.Count, windows.Count);
        var result = new EvaluationResult([.. likelihoods], against is null ? null : [.. divergences]);
        return new EvalFigures(result.Perplexity, result.Kl, (long)windows.Count * (windows.Length - 1));
    }
}
