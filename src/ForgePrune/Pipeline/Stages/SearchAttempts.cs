using ForgePrune.Model;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Search.Costs;

namespace ForgePrune.Pipeline.Stages;

/// <summary>A model by one search, and how fast it turned out.</summary>
/// <param name="Number">Counts from 1.</param>
/// <param name="Timing">Null where the models do not fit into the memory allowed.</param>
/// <param name="Reached">The lower end of the measured speed-up, in the metric of the target; null where sizes are counted.</param>
internal sealed record Attempt(int Number, ChosenModel Chosen, Lazy<WrittenModel> Written, TimingFile? Timing, double? Reached)
{
    public bool Misses(Target target) => Reached < 1 / target.Share;

    /// <summary>One sentence where the target is missed; null where it is met.</summary>
    public string? Shortfall(Target target) => Misses(target)
        ? FormattableString.Invariant(
            $"target not met: {1 / target.Share:0.00}x {target.Metric.ToString().ToLowerInvariant()} was asked for, {Reached:0.00}x is certain after {Searches}; the model is written all the same")
        : null;

    private string Searches => Number == 1 ? "1 search" : FormattableString.Invariant($"{Number} searches");
}

/// <summary>Searches until the model as measured meets the target: what a search misses corrects the table for the next.</summary>
internal sealed class SearchAttempts(RunContext run, IPruningStrategy maker, SearchCost cost, DenseExport denseExport)
{
    // A target is usually met by the first plan or by the first correction; what three miss, more would.
    private const int Most = 4;

    /// <exception cref="TargetNotMetException">By the table no plan meets the target. Where only the correction says so, the model that was
    /// measured last stays: it is nearer to what was asked for than none.</exception>
    public Attempt Run()
    {
        var (settings, whole) = (run.Settings, new Plan(run.Dense.Config.Layers));
        var target = settings.Target;
        var latest = Make(1, cost.FirstBudget(target));
        while (latest.Misses(target) && latest.Number < Most)
        {
            run.Progress.Note(FormattableString.Invariant(
                $"search {latest.Number}: {latest.Reached:0.00}x is certain where {1 / target.Share:0.00}x is asked for; searching again"));
            var correction = TableCorrection.After(cost.Written, whole, latest.Chosen.Plan.ToPlan(), latest.Reached!.Value);
            try
            {
                latest = Make(latest.Number + 1, correction.Budget(target, cost.Dense) * SearchCost.Aim);
            }
            catch (TargetNotMetException)
            {
                run.Progress.Note(FormattableString
                    .Invariant($"search {latest.Number + 1}: by what was measured no plan is fast enough; the model of search {latest.Number} stays"));
                break;
            }
        }

        return latest;
    }

    /// <summary>The chosen model as trainers and as runtimes read it.</summary>
    public static WrittenModel Write(RunContext run, PrunedModel pruned) =>
        new(pruned, ExportStages.Safetensors(run, pruned.Served), ExportStages.Pruned(run, pruned.Served));

    private Attempt Make(int number, double budget)
    {
        var chosen = maker.Make(number, cost.Written, budget, cost.LatencyHash);
        var written = new Lazy<WrittenModel>(() => Write(run, chosen.Pruned.Value));
        var timing = TimingStage.Run(run, number, denseExport, chosen.Made, chosen.Plan, () => Alone(written));
        return new(number, chosen, written, timing, timing is null ? null : Reached(timing));
    }

    // Whole models are loaded next: what only making levels would want goes first.
    private StageResult Alone(Lazy<WrittenModel> written)
    {
        var onnx = written.Value.Onnx;
        maker.Forget();
        run.Rest();
        return onnx;
    }

    private double? Reached(TimingFile timing) => run.Settings.Target.Metric switch
    {
        Metric.Prefill => timing.Prefill.Low,
        Metric.Decode => timing.Decode.Low,
        Metric.Mix => Mixed(timing),
        _ => null,
    };

    private double Mixed(TimingFile timing)
    {
        var generated = WorkloadCheck.GeneratedTokens(run.Settings.Workload);
        var (prefill, decode) = (timing.Prefill.Dense.Seconds, generated * timing.Decode.Dense.Seconds);
        return (prefill + decode) / ((prefill / timing.Prefill.Low) + (decode / timing.Decode.Low));
    }
}

/// <summary>The chosen model as trainers and as runtimes read it.</summary>
internal sealed record WrittenModel(PrunedModel Pruned, StageResult Safetensors, StageResult Onnx);
