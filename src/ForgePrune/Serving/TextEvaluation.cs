using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Evaluation;
using ForgePrune.Progress;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Serving;

/// <summary>Perplexity and divergence of a checkpoint or an exported model on a text.</summary>
public static class TextEvaluation
{
    // Windows between two reports: few enough to show life, enough that reading the weights again costs little beside the forward pass.
    private const int WindowsPerReport = 32;

    private const string Stage = "evaluation";

    /// <summary>Evaluates a model window by window. An exported model on either side is read as a client sees it, and the other with it.</summary>
    /// <param name="settings">What is read.</param>
    /// <param name="runtime">Runs the models.</param>
    /// <param name="progress">Told the windows that are done.</param>
    /// <param name="stop">Ends the evaluation between two windows.</param>
    /// <exception cref="BadInputException">A model or the text cannot be read, or the models have different vocabularies.</exception>
    public static TextScore Run(TextSettings settings, IServingRuntime runtime, IProgressReport progress, CancellationToken stop)
    {
        foreach (var path in new[] { settings.Model, settings.Against }.OfType<string>())
            ModelPositions.Require(runtime, path, settings.Window, $"`Window` {settings.Window}");
        // Blocks of checkpoints run on the processor alone.
        return runtime.Provider != ServingProvider.Cpu || runtime.IsExported(settings.Model) || (settings.Against is { } other && runtime.IsExported(other))
            ? Served(settings, runtime, progress, stop)
            : Checkpoints(settings, runtime, progress, stop);
    }

    /// <summary>Evaluates a loaded model as a client sees it: whole windows through its own file.</summary>
    /// <param name="model">The model, with its tokenizer unless the text holds token ids.</param>
    /// <param name="text">Text, JSONL or token file.</param>
    /// <param name="window">Tokens per window.</param>
    /// <param name="against">The model for the divergence; null for none.</param>
    /// <param name="progress">Told the windows that are done.</param>
    /// <param name="stop">Ends the evaluation between two windows.</param>
    /// <exception cref="BadInputException">The text cannot be read, or the models have different vocabularies.</exception>
    public static TextScore Run(ServedModel model, string text, int window, ServedModel? against, IProgressReport progress, CancellationToken stop)
    {
        model.RequireAllLogits();
        against?.RequireAllLogits();
        var vocab = model.Decoder.VocabSize;
        if (against is not null && against.Decoder.VocabSize != vocab)
            throw new BadInputException($"{against.Path} has {against.Decoder.VocabSize} tokens but {model.Path} has {vocab}; compare models with one vocabulary");
        if (model.Positions < window)
            throw new BadInputException($"`Window` {window} needs {window} positions and {model.Path} has {model.Positions}; ask for less");
        if (ModelTokenizer.Unbegun(text, model.Tokenizer) is { } unbegun)
            progress.Note(unbegun);
        var windows = Windows.FromFile(text, model.Tokenizer, window, vocab, null, model.BeginTokenId).Said(progress);
        var scores = new WindowScore[windows.Count];
        for (var i = 0; i < windows.Count; i++)
        {
            stop.ThrowIfCancellationRequested();
            progress.Report(Stage, i, windows.Count, "windows");
            scores[i] = model.Decoder.Score(windows.Window(i), against?.Decoder);
        }

        progress.Report(Stage, windows.Count, windows.Count);
        var result = EvaluationResult.Of(scores);
        return new TextScore(result.Perplexity, result.Kl, (long)windows.Count * (windows.Length - 1));
    }

    private static TextScore Served(TextSettings settings, IServingRuntime runtime, IProgressReport progress, CancellationToken stop)
    {
        using var model = ServedModel.Open(runtime, settings.Model, settings.Threads, readsText: !Windows.HoldIds(settings.Text));
        using var against = settings.Against is { } dense ? ServedModel.Open(runtime, dense, settings.Threads, readsText: false) : null;
        return Run(model, settings.Text, settings.Window, against, progress, stop);
    }

    private static TextScore Checkpoints(TextSettings settings, IServingRuntime runtime, IProgressReport progress, CancellationToken stop)
    {
        using var model = DecoderModel.Open(settings.Model);
        using var against = settings.Against is { } dense ? DecoderModel.Open(dense) : null;
        var config = model.Config;
        var tokenizer = ModelTokenizer.For(model, settings.Text);
        if (ModelTokenizer.Unbegun(settings.Text, tokenizer) is { } unbegun)
            progress.Note(unbegun);
        var windows = Windows.FromFile(settings.Text, tokenizer, settings.Window, config.VocabSize, null, ModelTokenizer.Begin(config, tokenizer))
            .Said(progress);
        using var runner = runtime.Runner(config, settings.Threads);
        var likelihoods = new List<double>();
        var divergences = new List<double>();
        for (var start = 0; start < windows.Count; start += WindowsPerReport)
        {
            stop.ThrowIfCancellationRequested();
            progress.Report(Stage, start, windows.Count, "windows");
            var part = ModelEvaluation.Run(model, runner, windows.Slice(start, Math.Min(WindowsPerReport, windows.Count - start)), against);
            likelihoods.AddRange(part.NegativeLogLikelihoods);
            divergences.AddRange(part.Divergences ?? []);
        }

        progress.Report(Stage, windows.Count, windows.Count);
        var result = new EvaluationResult([.. likelihoods], against is null ? null : [.. divergences]);
        return new TextScore(result.Perplexity, result.Kl, (long)windows.Count * (windows.Length - 1));
    }
}
