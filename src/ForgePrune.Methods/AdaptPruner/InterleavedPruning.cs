using ForgePrune.Evaluation;
using ForgePrune.Forward;
using ForgePrune.IO;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Progress;
using ForgePrune.Search;
using ForgePrune.Search.Costs;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Methods.AdaptPruner;

/// <summary>Adapt-Pruner: many small cuts, each followed by a training that goes on where the last one was: weights and both moments of AdamW are gathered
/// over the cut, and one schedule of the learning rate spans all stages. A run that is broken off goes on and ends with the same bytes.</summary>
/// <param name="dense">Where pruning starts, and what training aims at.</param>
/// <param name="space">Its levels, and the most that the result may cost.</param>
/// <param name="text">To train on; cuts look at it as well.</param>
/// <param name="judge">Measures a model on text that neither sees.</param>
internal sealed class InterleavedPruning(
    IDecoderModel dense, BudgetedSpace space, IBlockRunner runner, TokenWindows text, InterleavedOptions options, Func<IDecoderModel, Quality> judge,
    InterleavedFolder folder, int threads)
{
    /// <summary>Changes when the same model is cut otherwise, or its state has another layout.</summary>
    public static StageFormat Format { get; } = new("interleaved", 1);

    private readonly AdaptiveCut cut = new(dense.Config, space, runner, text, options, threads);

    private readonly Lazy<DecoderParameters?> teacher =
        new(() => options.Training?.Loss == RecoveryLoss.Kl ? new DecoderParameters(dense) : null);

    private double Dense => space.Cost.Of(space.Space.Dense);

    public InterleavedResult Run(IProgress<InterleavedProgress>? progress = null, CancellationToken stop = default)
    {
        var stages = Done();
        // The last stage begins from the model before it even where it is done: the proof of its cut needs both.
        if (stages.Count == options.Stages)
            stages.RemoveAt(stages.Count - 1);
        var state = stages.Count == 0 ? new OptimizerState(new DecoderParameters(dense)) : Loaded(stages[^1]);
        while (true)
        {
            var number = stages.Count + 1;
            var (next, stage) = Cut(state, stages.LastOrDefault(), number, progress, stop);
            // Of the model before the cut only the last one's weights are of use.
            var before = number == options.Stages ? state.Parameters : null;
            state = next;
            stages.Add(Trained(next, stage, progress, stop));
            if (before is not null)
                return new InterleavedResult(stages, before, next.Parameters);
            folder.Forget(number - 1);
        }
    }

    private List<InterleavedStage> Done()
    {
        var stages = new List<InterleavedStage>();
        while (stages.Count < options.Stages && folder.Find(stages.Count + 1) is { Trained: not null } stage)
            stages.Add(stage);
        return stages;
    }

    private (OptimizerState State, InterleavedStage Stage) Cut(
        OptimizerState state, InterleavedStage? last, int number, IProgress<InterleavedProgress>? progress, CancellationToken stop)
    {
        if (folder.Find(number) is { } found)
            return (Loaded(found), found);
        var at = last is null ? AdaptiveState.Dense(space.Space) : new AdaptiveState(last.Indices, last.Lost);
        var (from, to) = (space.Cost.Of(space.Space.PlanOf(at.Indices)), options.Budget(number, Dense, space.Budget));
        var result = cut.Run(state, at, last?.Steps ?? 0, to, cost =>
        {
            stop.ThrowIfCancellationRequested();
            progress?.Report(new(number, options.Stages, from > to ? (from - cost) / (from - to) : 1, null));
        });
        folder.Save(number, result.State);
        var shapes = result.State.Parameters.Layout.Config.Layers;
        var stage = new InterleavedStage(number, shapes, result.At.Indices, result.At.Lost, result.Importance, result.Kept, result.Steps,
            space.Cost.Of(new Plan(shapes)), 0, judge(result.State.Parameters.ToModel()), null);
        folder.Save(stage);
        return (result.State, stage);
    }

    private InterleavedStage Trained(OptimizerState state, InterleavedStage stage, IProgress<InterleavedProgress>? progress, CancellationToken stop)
    {
        if (stage.Trained is not null)
            return stage;
        var done = stage with { Trained = stage.Cut };
        if (options.Training is { } training)
        {
            var steps = training.Steps(text.Length);
            var (first, last) = (options.StepsUntil(stage.Stage - 1, steps), options.StepsUntil(stage.Stage, steps));
            var trainer = new RecoveryTrainer(state, teacher.Value, text, training, folder.Source(stage.Stage), threads: threads);
            RecoveryRun.Finish(trainer, folder.StatePath(stage.Stage), RecoveryRun.Usual, Steps(trainer), stop, last);
            var tokens = (last - first) * trainer.TokensPerStep;
            done = stage with { Tokens = tokens, Trained = tokens == 0 ? stage.Cut : judge(state.Parameters.ToModel()) };

            IProgress<RecoveryProgress>? Steps(RecoveryTrainer of) => progress is null ? null : new CallbackProgress<RecoveryProgress>(value =>
                progress.Report(new(stage.Stage, options.Stages, (of.Done - first) / (double)(last - first), value.Loss)));
        }

        folder.Save(done);
        return done;
    }

    private OptimizerState Loaded(InterleavedStage stage)
    {
        var layout = new ParameterLayout(dense.Config with { Layers = stage.Layers });
        float[] Room() => LargeArray.Uninitialized<float>(layout.Count);
        var state = new OptimizerState(new DecoderParameters(layout, Room()), Room(), Room(), 0);
        state.Load(folder.StatePath(stage.Stage), folder.Source(stage.Stage));
        return state;
    }
}

/// <param name="Share">Of the stage's cut, or of its training where there is a loss.</param>
/// <param name="Loss">Of the last step, nats per token; null while cutting.</param>
internal readonly record struct InterleavedProgress(int Stage, int Stages, double Share, double? Loss);

/// <param name="Before">The model that the last stage cut.</param>
/// <param name="Trained">What came of it.</param>
internal sealed record InterleavedResult(IReadOnlyList<InterleavedStage> Stages, DecoderParameters Before, DecoderParameters Trained)
{
    /// <summary>What the last cut kept of <see cref="Before"/>.</summary>
    public GivenSets Sets => new(Stages[^1].Kept);
}
