using System.Globalization;
using ForgePrune.IO;
using ForgePrune.Memory;
using ForgePrune.Model;
using ForgePrune.Refit;
using ForgePrune.Search;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Methods.DarwinLM;

/// <summary>DarwinLM's selection with training: every candidate is compacted, trained for a moment towards the dense model, and measured then. The small
/// model is what is trained, so nothing that was removed can grow back. Each stage trains anew, on the same windows for all.</summary>
/// <param name="dense">Gives the truth.</param>
/// <param name="levels">Make the candidates.</param>
/// <param name="text">To train on; best none that selection measures.</param>
/// <param name="tokens">Of the last stage; those before take their part of it.</param>
internal sealed class CandidateTraining(
    IDecoderModel dense, ILevelSource levels, TokenWindows text, int tokens, long seed, int threads, CancellationToken stop) : ICandidateTrainer
{
    /// <summary>Largest learning rate. A few dozen steps, and the first of AdamW is as long as the rate: half of what recovery takes.</summary>
    public const double Rate = 1e-4;

    // The authors' 200k, 100k, 50k and 10k tokens, from the last stage to the first.
    private static readonly double[] Shares = [1, 1 / 2.0, 1 / 4.0, 1 / 20.0];

    private readonly Lazy<DecoderParameters> teacher = new(() => new DecoderParameters(dense));

    /// <inheritdoc/>
    public string Name =>
        string.Create(CultureInfo.InvariantCulture, $"kl, {string.Join('/', Shares.Select((_, remaining) => Taken(remaining)).Reverse())} tokens by stage");

    /// <inheritdoc/>
    public WindowScores Trained(IReadOnlyList<Plan> plans, int remaining, WindowScores untrained) => untrained.By(new Evaluator(this, Options(remaining)));

    /// <summary>As the authors do, a step is one window.</summary>
    internal RecoveryOptions Options(int remaining) => new()
    {
        Tokens = Math.Max(1, (long)(tokens * Shares[Math.Min(remaining, Shares.Length - 1)])),
        TokensPerStep = text.Length,
        TokensAtOnce = text.Length,
        Rate = Rate,
        Seed = seed,
    };

    private long Taken(int remaining) => (long)Options(remaining).Steps(text.Length) * text.Length;

    private double[] Train(Plan plan, RecoveryOptions options, TokenWindows judged)
    {
        using var candidate = CompactModel.Build(dense, plan, levels);
        var trainer = new RecoveryTrainer(
            new OptimizerState(new DecoderParameters(candidate)), teacher.Value, text, options, SourceHash.Of("candidate"), threads: threads);
        while (trainer.Done < trainer.Steps)
        {
            stop.ThrowIfCancellationRequested();
            trainer.Next();
        }

        return [.. Enumerable.Range(0, judged.Count).Select(window => trainer.Measure(judged.Window(window)))];
    }

    private sealed class Evaluator(CandidateTraining training, RecoveryOptions options) : IPlanEvaluator
    {
        public double[][] Kl(IReadOnlyList<Plan> plans, TokenWindows windows, IProgress<double>? progress = null)
        {
            var kl = new double[plans.Count][];
            for (var plan = 0; plan < kl.Length; plan++)
            {
                kl[plan] = training.Train(plans[plan], options, windows);
                LargeArrays.Settle();
                progress?.Report((plan + 1.0) / kl.Length);
            }

            return kl;
        }
    }
}
