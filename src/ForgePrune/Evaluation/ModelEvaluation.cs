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
    /// <param name="against">The reference model of the divergence KL(against ‖ model), whose perplexity is measured too; null for none.</param>
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
        var layers = model.Config.Layers.Count + (against?.Config.Layers.Count ?? 0);
        var scores = new WindowMeans(model, against, runner, windows.Count);
        var perWindow = StreamMemory.PerWindow((against ?? model).Config, windows.Length, streams: 1);
        var group = (int)Math.Clamp(memory / perWindow, 1, windows.Count);
        for (var start = 0; start < windows.Count; start += group)
        {
            var part = windows.Slice(start, Math.Min(group, windows.Count - start));
            var done = 0;
            var x = DecoderForward.Run(model, runner, part, Passed);
            var y = against is null ? null : DecoderForward.Run(against, runner, part, Passed);
            scores.Add(part, x, y, start);
            progress?.Report((double)(start + part.Count) / windows.Count);

            void Passed(int layer) => progress?.Report((start + (part.Count * ++done / (layers + 1.0))) / windows.Count);
        }

        return scores.Result;
    }

    /// <summary>The means of every window, summed over blocks of rows that may begin and end inside of one.</summary>
    private sealed class WindowMeans(IDecoderModel model, IDecoderModel? against, IBlockRunner runner, int windows)
    {
        private readonly Judged judged = new(model, runner);
        private readonly Judged? truth = against is null ? null : new(against, runner);

        public EvaluationResult Result { get; } = new(new double[windows], against is null ? null : new double[windows])
        {
            OtherNegativeLogLikelihoods = against is null ? null : new double[windows],
        };

        /// <param name="x">The model's final stream.</param>
        /// <param name="y">The reference's.</param>
        /// <param name="slot">Of the first window.</param>
        public void Add(TokenWindows part, Activations x, Activations? y, int slot)
        {
            var (tokens, vocab) = (part.Length, judged.Head.Rows);
            var (positions, block) = (tokens - 1, LogitRows.PerBlock(vocab));
            var scores = new (double Likelihood, double Other, double Divergence)[part.Count * positions];
            for (var start = 0; start < scores.Length; start += block)
            {
                var first = start;
                var rows = Enumerable.Range(start, Math.Min(block, scores.Length - start)).Select(i => (i / positions * tokens) + (i % positions)).ToArray();
                if (runner.Scores)
                {
                    Score(part, x, y, rows, scores.AsSpan(start));
                    continue;
                }

                var z = judged.Logits(x, rows);
                var p = truth?.Logits(y!, rows) ?? [];
                Workers.For(rows.Length, runner.Threads, i =>
                {
                    var next = Next(part, rows[i]);
                    var logits = z.AsSpan(i * vocab, vocab);
                    double entropy = 0, other = 0;
                    Span<float> probabilities = [];
                    if (truth is not null)
                    {
                        probabilities = p.AsSpan(i * vocab, vocab);
                        var logit = probabilities[next];
                        entropy = SoftmaxRow.Normalise(probabilities, out other);
                        other -= logit;
                    }

                    var (cross, logSumExp) = SoftmaxRow.Compare(probabilities, logits);
                    scores[first + i] = (logSumExp - logits[next], other, entropy + cross);
                });
            }

            for (var window = 0; window < part.Count; window++)
            {
                var own = scores.AsSpan(window * positions, positions).ToArray();
                Result.NegativeLogLikelihoods[slot + window] = own.Average(score => score.Likelihood);
                if (Result is not { Divergences: { } divergences, OtherNegativeLogLikelihoods: { } others })
                    continue;
                others[slot + window] = own.Average(score => score.Other);
                divergences[slot + window] = own.Average(score => score.Divergence);
            }
        }

        /// <summary>A block of rows where their logits are computed.</summary>
        private void Score(TokenWindows part, Activations x, Activations? y, int[] rows, Span<(double Likelihood, double Other, double Divergence)> scores)
        {
            var found = runner.Score(new(judged.Output, x.Take(rows))
            {
                Truth = truth?.Output,
                TruthEnds = y?.Take(rows) ?? [],
                Next = Array.ConvertAll(rows, row => Next(part, row)),
            });
            for (var i = 0; i < rows.Length; i++)
                scores[i] = (found.Losses[i], truth is null ? 0 : found.TruthLosses[i], truth is null ? 0 : found.Divergences[i]);
        }

        private static int Next(TokenWindows part, int row) => part.Window(row / part.Length)[(row % part.Length) + 1];
    }

    private sealed class Judged(IDecoderModel model, IBlockRunner runner)
    {
        private float[] logits = [];

        public OutputHead Output { get; } = new(model.ReadFinalNorm(), runner.HeadOf(model));

        public Matrix Head => Output.Weights;

        /// <summary>Into a buffer that grows to the largest block and is kept.</summary>
        public float[] Logits(Activations x, int[] rows)
        {
            if (logits.LongLength < (long)rows.Length * Head.Rows)
                logits = LargeArray.Uninitialized<float>((long)rows.Length * Head.Rows);
            runner.Logits(Output.Norm, Head, x, rows, logits);
            return logits;
        }
    }
}
