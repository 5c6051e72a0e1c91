using System.Globalization;
using System.Text.Json;
using ForgePrune.IO;
using ForgePrune.Model;
using ForgePrune.Pipeline.Parts;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Progress;
using ForgePrune.Refit;
using ForgePrune.Search;
using ForgePrune.Search.Costs;

namespace ForgePrune.Pipeline.Stages;

/// <summary>The search compares plans before the final refit, and the refit may turn their order round. So the plans it found on its way
/// are refitted, and the best of them on text that none was fitted to goes on. All fitting windows are used: on a third of them refits rank plans otherwise.
/// Then the winner is revised: levels are made anew where its refitted blocks stand, moves around it are priced there, and a better plan
/// must again show itself after a refit of its own. One refit of a billion-parameter model takes as long as the search: there the plan that
/// was found is refitted and judged, and that refit stays.</summary>
internal sealed class RefitSelection(RunContext run, PlannedMethod method, MethodLevels levels, CalibrationResult statistics, CalibrationText text)
{
    private const string RefitFolder = "refit";

    private const int Revisions = 3;

    // Where judging a contender stands, about, once it is measured as the search left it, and once it is refitted.
    private const double Searched = 0.15, Refitted = 0.95;

    // Enough to tell fits of a block apart; their inputs stand in memory meanwhile.
    private const int ChoosingTokens = 16384;

    public static StageFormat Format { get; } = new("contest", 3);

    public static string NameOf(int attempt) => $"contest-{attempt}";

    private SearchEffort Effort => SearchEfforts.Of(run.Settings.Quick, run.Large, text.Selection.Count, timed: false);

    /// <summary>The plan that goes on, and what it gave; null for methods that do not refit. Of a large model also its finished refit.</summary>
    /// <param name="attempt">Which search found the plans.</param>
    /// <param name="cost">What they were searched by.</param>
    /// <param name="latencyHash">Content of the measured table, where the cost comes from one.</param>
    public (PlanFile Plan, Candidate? Winner, RefittedModel? Refit) Run(int attempt, PlanFile found, ICostModel cost, string latencyHash)
    {
        if (!method.Refits)
            return (found, null, null);
        var contenders = Contenders(found);
        var space = method.Plan.Revises && !run.Large ? SearchStage.Space(run.Dense.Config, cost, found.Budget, run.Large, run.Settings.Shapes) : null;
        var key = Key(contenders, found, latencyHash);
        var result = run.ItemStage(NameOf(attempt), key, folder =>
        {
            var items = new ContestItems(folder, new SourceHash(key.Hash()));
            var compared = Compare(contenders, space, folder, items);
            items.Forget();
            ContestFile.Json.Write(folder, compared);
        });
        var file = ContestFile.Json.Read(result.Folder);
        var winner = file.Contenders.Single(contender => contender.Name == file.Chosen);
        var refit = run.Large && winner.Refitted
            ? RefittedModel.Open(run.Dense, Shaped(new Plan(winner.Layers)), levels.Sets, text.Fitting, Measured, result.File(RefitFolder),
                run.Compute.Threads)
            : null;
        return (found with { Layers = winner.Layers, Cost = winner.Cost }, winner, refit);
    }

    /// <summary>The contenders, for many processes: what one gives depends on no other. Of a large model there is but one, whose refit stays.</summary>
    public PartJob Shared(int attempt, PlanFile found, string latencyHash)
    {
        var contenders = Contenders(found);
        var key = Key(contenders, found, latencyHash);
        // Where whoever collects is done with them, or is the only one, none.
        var shared = run.Large || contenders.Length < 2 || (!run.Folder.IsReader && run.Find(NameOf(attempt), key) is not null) ? [] : contenders;
        return new PartJob(NameOf(attempt), key, [.. shared.Select((_, index) => ContestItems.NameOf(ContenderName(index)))], (indices, folder) =>
        {
            var items = new ContestItems(folder, new SourceHash(key.Hash()));
            // The blocks of a refit that another process makes at the same time lie elsewhere.
            var trial = run.Folder.ScratchPath();
            try
            {
                foreach (var (done, index) in indices.Index())
                {
                    var progress = run.Share(NameOf(attempt), shared[index].Name, (double)done / indices.Count, (done + 1.0) / indices.Count);
                    items.Get(ContenderName(index), PipelineJson.Default.Candidate, _ => Judge(shared[index], trial, progress));
                    Stage.Clear(trial);
                }
            }
            finally
            {
                Stage.Clear(trial);
            }
        });
    }

    private StageKey Key(PlanStage[] contenders, PlanFile found, string latencyHash) => run.Key([Format, FinalRefit.Format, LevelSource.Format],
        [
            ("model", run.Dense.ContentHash), ("levels", statistics.Hash(method)), ("windows", text.Known.Hash), ("latency", latencyHash),
        ],
        [
            ("plans", JsonSerializer.Serialize(contenders)), ("budget", found.Budget.ToString("R", CultureInfo.InvariantCulture)),
            ("refit", run.RefitOptions.ToString()), ("effort", JsonSerializer.Serialize(Effort)), ("method", method.Name), .. SearchStage.Shapes(run),
        ]);

    private static string ContenderName(int index) => $"contender-{index}";

    /// <summary>A method with a rule of its own has one plan. Of a search, the plan it found and the uniform one; with time, everything between.</summary>
    private PlanStage[] Contenders(PlanFile found) => [.. (method.Plan.Competes && !run.Settings.Quick && !run.Large
        ? found.Stages
        : found.Stages.Where(stage => stage.Layers.SequenceEqual(found.Layers) || (method.Plan.Revises && !run.Large && stage.Name == "uniform")))
        .DistinctBy(stage => new Plan(stage.Layers))];

    private ContestFile Compare(PlanStage[] contenders, BudgetedSpace? space, string folder, ContestItems items)
    {
        var results = new List<Candidate>();
        var parts = contenders.Length + (space is null ? 0 : 2 * Revisions);
        IProgress<double> Part(string what, double part, double length = 1) => run.Share("contest", what, part / parts, (part + length) / parts);
        foreach (var contender in contenders)
            results.Add(Judged(contender, Part(contender.Name, results.Count)));
        var winner = results.MinBy(result => result.Kl)!;
        for (var revision = 0; revision < Revisions && space is not null && winner.Refitted; revision++)
        {
            var part = contenders.Length + 2 * revision;
            var name = $"revision {revision + 1}";
            var (refitting, moving) = (Part("levels around the best", part, 0.5), Part("moves around the best", part + 0.5, 0.5));
            if (items.Get($"revision-{revision}", PipelineJson.Default.Revision,
                trial => Revise(winner, name, space, trial, refitting, moving)).Plan is not { } revised)
                break;
            results.Add(Judged(revised, Part(name, part + 1)));
            if (results[^1].Kl >= winner.Kl)
                break;
            winner = results[^1];
        }

        // Revisions may end early; the stage has ended all the same.
        run.Share("contest").Report(1);
        return new ContestFile(results, winner.Name);

        Candidate Judged(PlanStage contender, IProgress<double> progress)
        {
            var stays = Path.Combine(folder, RefitFolder);
            var judged = items.Get(ContenderName(results.Count), PipelineJson.Default.Candidate,
                trial => Judge(contender, run.Large ? stays : trial, progress));
            // Of what was judged by an earlier process a block may have been damaged since.
            if (run.Large)
                Refit(new Plan(contender.Layers), stays, null, null);
            return judged;
        }
    }

    /// <summary>The plan that moves around <paramref name="winner"/> lead to, measured where its refitted blocks stand.</summary>
    private Revision Revise(
        Candidate winner, string name, BudgetedSpace space, string trial, IProgress<double> refitting, IProgress<double> moving)
    {
        var plan = new Plan(winner.Layers);
        if (space.Space.IndicesOf(plan) is not { } indices)
            return new Revision(null);
        var moments = new StreamMoments(run.RefitOptions);
        var refitted = Refit(plan, trial, refitting, moments);
        var evaluator = new PlanEvaluator(
            run.Dense, run.Runner, LevelSource.Around(refitted.Unpruned, statistics.Levels, moments, RunMemory.Levels, run.Compute),
            new PlanEvaluatorOptions(SearchEfforts.PositionStride, RunMemory.Streams, winner.LogitScale));
        var scores = new WindowScores(evaluator, text.Selection.Slice(0, Effort.Windows));
        var refinement = new LocalRefinement(space, scores, Effort.PriceWindows);
        var state = LocalRefinement.Start(indices, scores.Measure([plan], 0, scores.Count)[0]);
        while (!state.Done && state.Rounds < Effort.RefinementRounds)
        {
            double rounds = Effort.RefinementRounds;
            state = refinement.Round(state, moving.Part(state.Rounds / rounds, (state.Rounds + 1) / rounds));
        }

        var revised = space.Space.PlanOf(state.Indices);
        return new Revision(revised.Equals(plan) ? null : new PlanStage(name, space.Cost.Of(revised), state.Kl.Average(), revised.Layers));
    }

    private Candidate Judge(PlanStage contender, string trial, IProgress<double> progress)
    {
        using var searched = CompactModel.Build(run.Dense, new Plan(contender.Layers), levels.Chosen(run, statistics));
        var before = LogitScale.Fit(searched, run.Dense, run.Runner, text.Selection, progress.Part(0, Searched));
        // Of a large model the refit finds its levels in files, and their factors would stand beside its own.
        if (run.Large)
            levels.Forget();
        var refitted = Refit(new Plan(contender.Layers), trial, progress.Part(Searched, Refitted), null);
        var after = LogitScale.Fit(refitted.Model, run.Dense, run.Runner, text.Selection, progress.Part(Refitted, 1));
        var best = after.Kl < before.Kl ? after : before;
        return new Candidate(contender.Name, contender.Layers, contender.Cost, best.Kl, best.Factor, best == after, before.Kl,
            BlockFit.Of(refitted));
    }

    private RefittedModel Refit(Plan plan, string folder, IProgress<double>? progress, StreamMoments? keep) => FinalRefit.Run(
        run.Dense, Shaped(plan), levels.Sets, run.Runner, text.Fitting, Measured, folder, run.Compute, progress, run.Stop, keep);

    /// <summary>Every block as it is closest to its target on the selection text.</summary>
    private FinalRefitOptions Measured => run.RefitOptions with
    {
        Choices = new MeasuredChoices(
            text.Selection.Slice(0, Math.Min(text.Selection.Count, Math.Max(1, ChoosingTokens / text.Selection.Length))),
            levels.Chosen(run, statistics), statistics.Hash(method)),
    };

    private ModelConfig Shaped(Plan plan) => run.Dense.Config with { Layers = plan.Layers };
}
