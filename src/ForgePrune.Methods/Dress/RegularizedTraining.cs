using ForgePrune.Evaluation;
using ForgePrune.IO;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Methods.Dress;

/// <summary>DReSS before the cut: what leaves is chosen first; the whole model is trained towards the dense one while that part is pressed to nothing; at
/// every quarter the damage of cutting there and then is measured.</summary>
/// <param name="plan">What stays.</param>
/// <param name="kept">Which heads and channels those are.</param>
/// <param name="options">Null only measures the cut.</param>
/// <param name="judge">Measures a model on text that is not trained on.</param>
internal sealed class RegularizedTraining(
    IDecoderModel dense, Plan plan, IReadOnlyList<KeptUnits> kept, TokenWindows text, RecoveryOptions? options, Func<IDecoderModel, Quality> judge,
    RegularizationFolder folder, int threads)
{
    /// <summary>Changes when the same plan is pressed otherwise, or the state has another layout.</summary>
    public static StageFormat Format { get; } = new("regularization", 2);

    private const int Points = 4;

    private readonly StructurePenalty penalty = new(kept);

    /// <summary>Trains to the end, or goes on where it was broken off, with the same bytes.</summary>
    public RegularizedResult Run(IProgress<RecoveryProgress>? progress = null, CancellationToken stop = default)
    {
        var state = new OptimizerState(new DecoderParameters(dense));
        var (layout, start) = (state.Parameters.Layout, penalty.Norm(state.Parameters.Layout, state.Parameters.Values));
        var points = folder.Points.ToList();
        if (points.Count == 0)
            Measure(0);
        if (options is null)
            return new RegularizedResult(points, state.Parameters);
        var teacher = options.Loss == RecoveryLoss.Kl ? new DecoderParameters(dense) : null;
        var trainer = new RecoveryTrainer(state, teacher, text, options, folder.Source, threads, penalty);
        trainer.Resume(folder.StatePath);
        int[] ends = [.. Enumerable.Range(1, Points).Select(point => (int)((long)trainer.Steps * point / Points)).Where(end => end > 0).Distinct()];
        foreach (var end in ends.Skip(points.Count - 1))
        {
            RecoveryRun.Finish(trainer, folder.StatePath, RecoveryRun.Usual, progress, stop, end);
            Measure(trainer.Done * trainer.TokensPerStep);
        }

        return new RegularizedResult(points, state.Parameters);

        void Measure(long tokens)
        {
            var cut = new DecoderParameters(new ParameterGather(layout, plan.Layers, new GivenSets(kept)), state.Parameters.Values);
            var norm = penalty.Norm(layout, state.Parameters.Values);
            points.Add(new RegularizationPoint(tokens, start > 0 ? norm / start : 0, judge(state.Parameters.ToModel()), judge(cut.ToModel())));
            folder.Points = points;
        }
    }
}

/// <summary>What cutting does after so much regularisation.</summary>
/// <param name="Tokens">Trained on.</param>
/// <param name="WeightShare">Length of the weights that leave, of what it was at the start.</param>
/// <param name="Whole">The model before the cut.</param>
/// <param name="Cut">After it, without any refit.</param>
internal sealed record RegularizationPoint(long Tokens, double WeightShare, Quality Whole, Quality Cut);

/// <param name="Points">From none to all of the training.</param>
/// <param name="Model">Regularised, not yet cut.</param>
internal sealed record RegularizedResult(IReadOnlyList<RegularizationPoint> Points, DecoderParameters Model);
