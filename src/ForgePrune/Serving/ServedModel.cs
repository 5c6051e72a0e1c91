using ForgePrune.Checkpoints;
using ForgePrune.Errors;
using ForgePrune.Progress;
using ForgePrune.Tokens;

namespace ForgePrune.Serving;

/// <summary>A model as its users run it: an exported folder as it is, a checkpoint through an export that goes away with this object.</summary>
public sealed class ServedModel : IDisposable
{
    private readonly ServedFolder? temporary;

    private ServedModel(string path, IServedDecoder decoder, Tokenizer? tokenizer, IReadOnlyList<int> ends, int? positions, ServedFolder? temporary) =>
        (Path, Decoder, Tokenizer, EosTokenIds, Positions, this.temporary) = (path, decoder, tokenizer, ends, positions, temporary);

    /// <summary>The path that the model was opened by.</summary>
    public string Path { get; }

    /// <summary>The loaded decoder.</summary>
    public IServedDecoder Decoder { get; }

    /// <summary>The model's tokenizer; null where none lies beside the model, or none was asked for.</summary>
    public Tokenizer? Tokenizer { get; }

    /// <summary>The id that the tokenizer puts before a text; null for none. An exported folder itself cannot say that there is none.</summary>
    public int? BeginTokenId => Tokenizer?.BeginTokenId;

    /// <summary>Ids that end a text.</summary>
    public IReadOnlyList<int> EosTokenIds { get; }

    /// <summary>Most tokens of a sequence; null where an exported folder does not say.</summary>
    public int? Positions { get; }

    /// <summary>Loads a model.</summary>
    /// <param name="runtime">Runs it.</param>
    /// <param name="path">An exported folder, or anything <see cref="DecoderModel.Open(string)"/> takes.</param>
    /// <param name="threads">Threads that one call may use, at least 1.</param>
    /// <param name="readsText">Whether the tokenizer is needed: it is read before anything else, and otherwise not at all.</param>
    /// <exception cref="BadInputException">There is no such model, or it cannot be read.</exception>
    public static ServedModel Open(IServingRuntime runtime, string path, int threads, bool readsText) =>
        runtime.IsExported(path) ? Exported(runtime, path, threads, readsText) : Checkpoint(runtime, path, threads, readsText);

    /// <summary>The tokenizer beside a model of either kind; null where there is none.</summary>
    /// <exception cref="BadInputException">The model or its tokenizer cannot be read.</exception>
    public static Tokenizer? ReadTokenizer(IServingRuntime runtime, string path)
    {
        if (runtime.IsExported(path))
            return Read(runtime.ReadFacts(path).TokenizerFile);
        using var model = DecoderModel.Open(path);
        return ModelTokenizer.Of(model);
    }

    /// <summary>Perplexity on a text, and the divergence from another model where one is given.</summary>
    /// <param name="text">Text, JSONL or token file.</param>
    /// <param name="window">Tokens per window.</param>
    /// <param name="against">The model for the divergence, such as the dense one; null for none.</param>
    /// <param name="progress">Told the windows that are done; null for nobody.</param>
    /// <param name="stop">Ends the evaluation between two windows.</param>
    /// <exception cref="BadInputException">The text cannot be read, or the models have different vocabularies.</exception>
    public TextScore Evaluate(string text, int window = 256, ServedModel? against = null, IProgressReport? progress = null, CancellationToken stop = default) =>
        TextEvaluation.Run(this, text, window, against, progress ?? NoProgress.Instance, stop);

    /// <exception cref="BadInputException">The model does not compute the logits of every position.</exception>
    internal void RequireAllLogits()
    {
        if (Decoder.LastLogitsOnly)
        {
            throw new BadInputException(
                $"{Path} computes the logits of the last position only, and a text is judged by those of all; export the model with all logits");
        }
    }

    /// <summary>Unloads the model.</summary>
    public void Dispose()
    {
        Decoder.Dispose();
        temporary?.Dispose();
    }

    private static ServedModel Exported(IServingRuntime runtime, string path, int threads, bool readsText)
    {
        var facts = runtime.ReadFacts(path);
        var tokenizer = readsText ? Read(facts.TokenizerFile) : null;
        return new ServedModel(path, runtime.Open(path, threads), tokenizer, facts.EosTokenIds, facts.Positions, null);
    }

    private static ServedModel Checkpoint(IServingRuntime runtime, string path, int threads, bool readsText)
    {
        using var model = DecoderModel.Open(path);
        var tokenizer = readsText ? ModelTokenizer.Of(model) : null;
        var folder = ServedFolder.Of(runtime, model);
        try
        {
            return new ServedModel(path, folder.Open(threads), tokenizer, model.Config.EosTokenIds, model.Config.MaxPositions, folder);
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    private static Tokenizer? Read(string? file) => file is null ? null : TokenizerReader.Load(file);
}
