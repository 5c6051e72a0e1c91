using ForgePrune.Pipeline.Stages;
using ForgePrune.Search.Costs;

namespace ForgePrune.Pipeline;

/// <summary>Models by a plan that is known before any weight changes: search, contest, then the refit, or for DReSS regularisation and refit.</summary>
internal sealed class SearchStrategy : IPruningStrategy
{
    private readonly RunContext run;
    private readonly PlannedMethod method;
    private readonly CalibrationText text;
    private readonly CalibrationResult statistics;
    private readonly MethodLevels levels;
    private readonly SearchStage search;
    private readonly RefitSelection contest;

    public SearchStrategy(RunContext run, PlannedMethod method, CalibrationText text, DenseExport denseExport)
    {
        (this.run, this.method, this.text) = (run, method, text);
        statistics = CalibrationResult.Make(run, text);
        levels = MethodLevels.Of(method, run, statistics, text);
        search = new SearchStage(run, method, levels, statistics, text, denseExport);
        contest = new RefitSelection(run, method, levels, statistics, text);
    }

    public ChosenModel Make(int attempt, ICostModel cost, double budget, string latencyHash)
    {
        var found = search.Run(attempt, cost, budget, latencyHash);
        if (run.Large)
            run.Rest();
        var (plan, winner, refit) = contest.Run(attempt, found, cost, latencyHash);
        return new ChosenModel(plan, [("levels", statistics.Hash(method)), ("windows", text.Known.Hash)], new(() => method.Finish(
            run, text, levels, attempt, plan.ToPlan(), () => new RefitStage(run, method, levels, statistics, text).Run(plan.ToPlan(), winner, refit))));
    }

    public void Forget() => levels.Forget();
}
