using System.Diagnostics;
using ForgePrune.Calibration;
using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Model;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Pipeline.Stages;

/// <summary>pace.json: how fast this machine calibrates the model.</summary>
/// <param name="SecondsPerToken">Of all layers.</param>
internal sealed record PaceFile(double SecondsPerToken)
{
    public static JsonFile<PaceFile> Json { get; } = new("pace.json", PipelineJson.Default.PaceFile);
}

/// <summary>Times one layer on one window, before anything is planned by time. Kept, so that a run that resumes plans the same.</summary>
internal static class PaceStage
{
    // A final refit runs the dense model, the dense model on the pruned stream, and the pruned one.
    private const double RefitPasses = 3;

    // Shares of the whole time: for calibration and refit, and for what comes after them (exports, timing, proof).
    private const double TextShare = 0.4, EndShare = 0.15;

    // A search that gets no less than this share finds at least what it finds without limits on a large model.
    private const double LeastSearch = 0.05;

    public static StageFormat Format { get; } = new("pace", 2);

    public static double SecondsPerToken(RunContext run)
    {
        var key = run.Key([Format], [("model", run.Dense.ContentHash)], [("window", $"{run.Settings.Window}")]);
        return run.Stage("pace", key, PaceFile.Json, () => Measure(run)).SecondsPerToken;
    }

    /// <summary>Tokens that calibration and refit have time for; at least the fewest that can be parted, and at most twice what is usual.</summary>
    public static int Tokens(PruneSettings settings, double secondsPerToken, int usual)
    {
        var windows = settings.Time!.Value.TotalSeconds * TextShare / (secondsPerToken * (1 + RefitPasses)) / settings.Window;
        return (int)Math.Clamp(windows, TextParts.Fewest, 2.0 * usual / settings.Window) * settings.Window;
    }

    /// <summary>What is left for the search once text, Grams and levels are there.</summary>
    public static TimeSpan Search(RunContext run, double secondsPerToken)
    {
        var whole = run.Settings.Time!.Value.TotalSeconds;
        var left = whole - run.Seconds.Values.Sum() - (RefitPasses * secondsPerToken * run.Tokens) - (EndShare * whole);
        return TimeSpan.FromSeconds(Math.Max(left, LeastSearch * whole));
    }

    private static PaceFile Measure(RunContext run)
    {
        var (model, length) = (run.Dense, Math.Max(run.Settings.Window, 256));
        var window = new TokenWindows(length, [.. Enumerable.Range(0, length).Select(i => i % model.Config.VocabSize)]);
        var layer = model.ReadLayer(0);
        var x = DecoderForward.Embed(model, window);
        Layer();
        var watch = Stopwatch.StartNew();
        Layer();
        return new PaceFile(watch.Elapsed.TotalSeconds / length * model.Config.Layers.Count);

        void Layer()
        {
            if (layer.Attention is { } attention)
                Sum(run.Runner.Attention(attention, layer.AttentionNorm, x, true));
            if (layer.Mlp is { Kind.IsRouted: true } experts)
                Experts(experts);
            else if (layer.Mlp is { } mlp)
                Sum(run.Runner.Mlp(mlp, layer.MlpNorm, x, true));
        }

        void Experts(MlpWeights experts)
        {
            using var gram = new GramAccumulator(experts.Kind.ExpertWidth, run.Compute.Members[0]);
            new ExpertPass(experts, layer.MlpNorm, model.Config.RmsNormEps, model.Config.ResidualScale, run.Runner.Threads).Run(
                ResidualStream.Embed(model, window, Calibrator.Widest(model.Config)), _ => gram, _ => { }, run.Stop);
            gram.Finish();
        }

        void Sum(BlockResult result)
        {
            using var gram = new GramAccumulator(result.Inputs!.Width, run.Compute.Members[0]);
            gram.Add(result.Inputs);
            gram.Finish();
        }
    }
}
