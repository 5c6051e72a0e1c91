using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Evaluation;
using ForgePrune.Onnx;
using ForgePrune.Progress;
using ForgePrune.Serving;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Cli.Engine;

/// <summary>Perplexity and divergence of an exported model, as a client sees it: whole windows through its own file.</summary>
internal static class ExportEvaluation
{
    public static EvalFigures Run(EvalSettings settings, IProgressReport progress, CancellationToken stop)
    {
        foreach (var path in new[] { settings.Model, settings.Against }.OfType<string>())
            ModelPositions.Require(OnnxServing.Cpu, path, settings.Window, $"--window {settings.Window}");
        using var model = ServedModel.Open(OnnxServing.Cpu, settings.Model, settings.Threads, readsText: !Windows.HoldIds(settings.Text));
        using var against = settings.Against is { } dense ? ServedModel.Open(OnnxServing.Cpu, dense, settings.Threads, readsText: false) : null;
        var vocab = model.Decoder.VocabSize;
        if (against is not null && against.Decoder.VocabSize != vocab)
        {
            throw new BadInputException(
                $"{settings.Against} has {against.Decoder.VocabSize} tokens but {settings.Model} has {vocab}; compare models with one vocabulary");
        }

        if (ModelTokenizer.Unbegun(settings.Text, model.Tokenizer) is { } unbegun)
            progress.Note(unbegun);
        var windows = Windows.FromFile(settings.Text, model.Tokenizer, settings.Window, vocab, null, model.BeginTokenId).Said(progress);
        var scores = new WindowScore[windows.Count];
        for (var window = 0; window < windows.Count; window++)
        {
            stop.ThrowIfCancellationRequested();
            progress.Report("evaluation", window, windows.Count, "windows");
            var ids = windows.Window(window);
            scores[window] = WindowScore.Of(ids, model.Decoder.Logits(ids), against?.Decoder.Logits(ids));
        }

        progress.Report("evaluation", windows.Count, windows.Count);
        return new EvalFigures(
            Math.Exp(scores.Average(score => score.NegativeLogLikelihood)), against is null ? null : scores.Average(score => score.Divergence!.Value),
            (long)windows.Count * (windows.Length - 1));
    }
}
