using ForgePrune.Errors;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Evaluation;

/// <summary>Perplexity of a model, and its divergence from another. Positions 0 … T − 2 of each window of T tokens are scored,
/// those that predict a token inside it.</summary>
public static class ModelEvaluation
{
    private const long DefaultMemory = 1L << 30;

    /// <summary>Evaluates a model on windows of tokens.</summary>
    /// <param name="model">The model to evaluate.</param>
    /// <param name="runner">The forward pass of the blocks of both models, which share head width, hidden size and rotary embedding.</param>
    /// <param name="windows">The text as token ids; at least one window.</param>
    /// <param name="against">The reference model of the divergence KL(against ‖ model); null for none.</param>
    /// <param name="memory">The bytes that activations may take; windows are evaluated in groups that fit.</param>
    /// <param name="progress">Receives the share of the windows that is done, from 0 to 1.</param>
    /// <exception cref="BadInputException">A token id lies outside of the vocabulary, or the vocabularies of the models differ.</exception>
    public static EvaluationResult Run(
        IDecoderModel model, IBlockRunner runner, TokenWindows windows, IDecoderModel? against = null, long memory = DefaultMemory,
        IProgress<double>? progress = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(windows.Count);
        if (against is not null && against.Config.VocabSize != model.Config.VocabSize)
            throw ForwardErrors.DifferentVocabulary(model.Config.VocabSize, against.Config.VocabSize);
        var judged = new Judged(model);
        var truth = against is null ? null : new Judged(against);
        var result = new EvaluationResult(new double[windows.Count], against is null ? null : new double[windows.Count]);
        var perWindow = StreamMemory.PerWindow((against ?? model).Config, windows.Length, streams: 1);
        var group = (int)Math.Clamp(memory / perWindow, 1, windows.Count);
        for (var start = 0; start < windows.Count; start += group)
        {
            var part = windows.Slice(start, Math.Min(group, windows.Count - start));
            var x = DecoderForward.Run(model, runner, part);
            var y = against is null ? null : DecoderForward.Run(against, runner, part);
            for (var window = 0; window < part.Count; window++)
            {
                Score(judged, truth, runner, part.Window(window).ToArray(), window, x, y, result, start + window);
                progress?.Report((start + window + 1.0) / windows.Count);
            }
        }
        return result;
    }

    private static void Score(
        Judged model, Judged? truth, IBlockRunner runner, int[] ids, int window, Activations x, Activations? y, EvaluationResult result, int slot)
    {
        var positions = ids.Length - 1;
        var vocab = model.Head.Rows;
        var block = LogitRows.PerBlock(vocab);
        var likelihoods = new double[positions];
        var divergences = new double[positions];
        for (var start = 0; start < positions; start += block)
        {
            var first = start;
            var rows = Enumerable.Range(window * ids.Length + start, Math.Min(block, positions - start)).ToArray();
            var z = runner.Logits(model.FinalNorm, model.Head, x, rows);
            var p = truth is null ? [] : runner.Logits(truth.FinalNorm, truth.Head, y!, rows);
            Workers.For(rows.Length, runner.Threads, i =>
            {
                var logits = z.AsSpan(i * vocab, vocab);
                var probabilities = truth is null ? [] : p.AsSpan(i * vocab, vocab);
                var entropy = truth is null ? 0 : SoftmaxRow.Normalise(probabilities);
                var (cross, logSumExp) = SoftmaxRow.Compare(probabilities, logits);
                likelihoods[first + i] = logSumExp - logits[ids[first + i + 1]];
                divergences[first + i] = entropy + cross;
            });
        }
        result.NegativeLogLikelihoods[slot] = likelihoods.Average();
        if (result.Divergences is { } slots)
            slots[slot] = divergences.Average();
    }

    private sealed class Judged(IDecoderModel model)
    {
        public float[] FinalNorm { get; } = model.ReadFinalNorm();

        public Matrix Head { get; } = model.ReadHead();
    }
}
