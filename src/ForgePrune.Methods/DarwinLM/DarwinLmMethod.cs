using System.Globalization;
using ForgePrune.IO;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Search;
using ForgePrune.Training;

namespace ForgePrune.Methods.DarwinLM;

/// <summary>DarwinLM: second-order removal and refit; evolution by level switches, whose candidates are trained for a moment before they are
/// measured.</summary>
public sealed record DarwinLmMethod : PlannedMethod
{
    /// <summary>A fiftieth of the authors' 200,000, for machines without a GPU.</summary>
    public const int DefaultSelectionTokens = 4096;

    internal DarwinLmMethod(string name, string description, bool trains)
        : base(name, description, SecondOrderRemoval.Instance, new LevelSwitchPlan(0), refits: true) => Trains = trains;

    /// <summary>Whether candidates are trained at all.</summary>
    public bool Trains { get; }

    /// <summary>Tokens that each candidate of the last stage of selection is trained on; 0 for none.</summary>
    public int SelectionTokens { get; init; } = DefaultSelectionTokens;

    /// <inheritdoc/>
    public override string? TrainedWhen => Trains ? "candidates" : null;

    /// <inheritdoc/>
    internal override PlanRule Plan => new LevelSwitchPlan(Trains ? SelectionTokens : 0);
}

/// <summary>Evolution by level switches inside attention and inside the MLPs.</summary>
/// <param name="tokens">That each candidate of the last stage is trained on; 0 for none.</param>
internal sealed class LevelSwitchPlan(int tokens) : PlanRule
{
    public override string Summary => "evolution by level switches";

    public override IEnumerable<StageFormat> Formats => tokens > 0 ? [RecoveryTrainer.Format] : [];

    public override IEnumerable<(string Name, string Value)> Settings(RunContext run) =>
    [
        ("selection", tokens > 0 ? string.Create(CultureInfo.InvariantCulture, $"{tokens} tokens at {CandidateTraining.Rate}") : NoTrainer.Instance.Name),
    ];

    public override TrainingNeed? Training(bool large) => tokens > 0 && !large ? new TrainingNeed("give `SelectionTokens` 0") : null;

    public override PlanFile Choose(PlanRequest request)
    {
        var trainer = Trainer(request);
        var (listener, scores) = request.Measuring();
        var stages = new DarwinSearch(request.Space, scores, request.Effort, trainer, request.State).Run(request.Seed, listener, request.Run.Stop);
        // The last stage spends what equal steps leave; a plan that keeps more is taken even where the windows show no gain.
        return request.File(stages[^1].Plan, [.. stages.Select(PlanRequest.Stage)]) with { CandidateTraining = trainer.Name };
    }

    private ICandidateTrainer Trainer(PlanRequest request)
    {
        var run = request.Run;
        // The search of a large model has no generations: there is nothing to select.
        if (tokens == 0 || run.Large)
        {
            var why = run.Large ? "a model of this size is not searched by generations" : "the authors train each for a moment first";
            run.Progress.Note($"candidates are selected without training them (candidate training: {NoTrainer.Instance.Name}); {why}");
            return NoTrainer.Instance;
        }

        return new CandidateTraining(
            run.Dense, request.Levels.Source, request.Text.Fitting, tokens, run.Settings.Seed, run.Settings.Threads, run.Stop);
    }
}
