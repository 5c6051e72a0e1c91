using System.Diagnostics;
using System.Globalization;
using ForgePrune.Calibration;
using ForgePrune.Checkpoints;
using ForgePrune.Kernels;
using ForgePrune.Latency;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Refit;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Perf;

/// <summary>Whether plans gain from cross-fitting: levels are fitted K times, each time to all folds of the text but one, and every window is scored with the
/// levels that did not read it. Against it stands what runs do: one part of the text is fitted to, the other decides. Weights of the plans that are found
/// are fitted to all of the text either way, so that only the plans differ; KL is that on text which none of it read.</summary>
internal sealed class CrossFittingPerf(IDecoderModel dense, IPruningDevice device, string folder)
{
    private const int Window = 256;

    /// <param name="text">Token ids, uint16, in rows of 256; <paramref name="evaluation"/> too.</param>
    public static void Run(string model, string text, string evaluation, int tokens, int[] folds, int[] seeds, double[] targets, string folder)
    {
        using var dense = DecoderModel.Open(model);
        var (all, judge) = (TokenFile.Read(text, Window, dense.Config.VocabSize), TokenFile.Read(evaluation, Window, dense.Config.VocabSize));
        var perf = new CrossFittingPerf(dense, new CpuDevice(Environment.ProcessorCount), folder);
        foreach (var seed in seeds)
        {
            var windows = Shuffled(all, tokens / Window, seed);
            var parts = TextParts.OfRuns(windows, seed, alone: true);
            // There is text to judge apart from this one.
            var plain = perf.Fit(parts.Fitting.Concat(parts.Judging), parts.Selection, $"plain-{seed}");
            foreach (var fold in folds.Prepend(1))
            {
                var watch = Stopwatch.StartNew();
                var (evaluator, deciding) = fold == 1 ? (perf.Evaluator(plain.Competing), parts.Selection) : perf.Folded(windows, fold, seed);
                foreach (var target in targets)
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                        $"seed {seed}, keep {target}, {(fold == 1 ? "one split" : $"{fold} folds")}, {deciding.Count} windows decide: {perf.Measure(evaluator, deciding, plain, target, seed, judge)}, {watch.Elapsed.TotalSeconds:0} s"));
            }
        }
    }

    private string Measure(IPlanEvaluator evaluator, TokenWindows deciding, Fitted plain, double target, int seed, TokenWindows judge)
    {
        var cost = new PrunableCost(dense.Config);
        var space = new BudgetedSpace(SearchSpace.For(dense.Config, SearchSpaceOptions.For(large: false, KeptWidths.Multiple), cost), cost,
            target * cost.Of(new Plan(dense.Config.Layers)));
        var effort = SearchEfforts.Of(quick: true, large: false, deciding.Count, timed: false);
        var found = new PlanSearch(space, evaluator, deciding, effort).Run((ulong)seed).Best;
        return string.Create(CultureInfo.InvariantCulture, $"KL {found.Kl:0.0000} where it was chosen, {Evaluator(plain.Settled).Kl([found.Plan], judge)[0].Average():0.0000} on other text");
    }

    private (IPlanEvaluator Evaluator, TokenWindows Deciding) Folded(TokenWindows windows, int folds, int seed)
    {
        var parts = Enumerable.Range(0, folds).Select(fold => Of(windows, Enumerable.Range(0, windows.Count).Where(i => i % folds == fold))).ToArray();
        var evaluators = parts.Select((part, fold) => Evaluator(
            Fit(Of(windows, Enumerable.Range(0, windows.Count).Where(i => i % folds != fold)), part, $"fold-{seed}-{folds}-{fold}").Competing)).ToArray();
        return (new FoldedEvaluator(parts, evaluators), windows);
    }

    private Fitted Fit(TokenWindows fitting, TokenWindows validation, string name)
    {
        string[] folders = [.. new[] { "fitting", "validation", "levels" }.Select(part => Directory.CreateDirectory(Path.Combine(folder, name, part)).FullName)];
        using var runner = OnnxServing.Cpu.Runner(dense.Config, Environment.ProcessorCount);
        Calibrator.Run(dense, runner, fitting, folders[0], validation, folders[1], device);
        var (known, unseen) = (new GramFolder(folders[0], Calibrator.Source(dense, fitting)), new GramFolder(folders[1], Calibrator.Source(dense, validation)));
        var levels = LevelBuilder.Run(dense, known, unseen, new LevelOptions(), folders[2], device);
        return new(Source(known), Source(new GramSum(known, unseen)));

        LevelSource Source(IGramSource grams) => LevelSource.Refitting(dense, levels, grams, 1L << 30, device);
    }

    private PlanEvaluator Evaluator(LevelSource levels) => new(dense, OnnxServing.Cpu.Runner(dense.Config, Environment.ProcessorCount), levels);

    private static TokenWindows Shuffled(TokenWindows windows, int count, int seed)
    {
        var order = Enumerable.Range(0, windows.Count).ToArray();
        new Random(seed).Shuffle(order);
        return Of(windows, order.Take(count));
    }

    private static TokenWindows Of(TokenWindows windows, IEnumerable<int> indices) =>
        new(windows.Length, [.. indices.SelectMany(index => windows.Window(index).ToArray())]);

    private sealed record Fitted(LevelSource Competing, LevelSource Settled);

    /// <summary>Scores every window by the evaluator of its fold; a window is known by its ids.</summary>
    private sealed class FoldedEvaluator(TokenWindows[] parts, PlanEvaluator[] evaluators) : IPlanEvaluator
    {
        public double[][] Kl(IReadOnlyList<Plan> plans, TokenWindows windows, IProgress<double>? progress = null)
        {
            var results = plans.Select(_ => new double[windows.Count]).ToArray();
            for (var fold = 0; fold < parts.Length; fold++)
            {
                int[] own = [.. Enumerable.Range(0, windows.Count).Where(window => Holds(parts[fold], windows.Window(window)))];
                if (own.Length == 0)
                    continue;
                var kl = evaluators[fold].Kl(plans, Of(windows, own));
                for (var plan = 0; plan < plans.Count; plan++)
                    for (var window = 0; window < own.Length; window++)
                        results[plan][own[window]] = kl[plan][window];
            }
            return results;
        }

        private static bool Holds(TokenWindows part, ReadOnlySpan<int> ids)
        {
            for (var window = 0; window < part.Count; window++)
                if (part.Window(window).SequenceEqual(ids))
                    return true;
            return false;
        }
    }
}
