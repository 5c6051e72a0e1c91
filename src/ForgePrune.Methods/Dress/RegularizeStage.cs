using System.Globalization;
using System.Text.Json;
using ForgePrune.Checkpoints;
using ForgePrune.IO;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Pipeline;
using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Progress;
using ForgePrune.Refit;
using ForgePrune.Training;

namespace ForgePrune.Methods.Dress;

/// <summary>regularize.json: the damage of the cut on the way, and what refit and logit factor made of it.</summary>
/// <param name="Kl">Mean KL(dense ‖ pruned) on held-out text with the factor.</param>
internal sealed record RegularizeFile(IReadOnlyList<RegularizationPoint> Points, double LogitScale, double Kl, bool Refitted)
{
    public static JsonFile<RegularizeFile> Json { get; } = new("regularize.json", MethodJson.Default.RegularizeFile);
}

/// <summary>DReSS: what the plan takes away is pressed to nothing by training, cut, and the rest refitted towards the regularised model. Its state outlives
/// a killed run.</summary>
/// <param name="sets">What every level keeps.</param>
/// <param name="tokens">Of training before the cut; 0 for none.</param>
internal sealed class RegularizeStage(RunContext run, CalibrationText text, IKeptSets sets, int tokens)
{
    private const string ModelFolder = "model", RefitFolder = "refit", Reported = "regularize";

    private readonly TrainingText training = new(run, text);

    public PrunedModel Run(int attempt, Plan plan)
    {
        var given = GivenSets.Of(plan.Layers, sets);
        var options = tokens == 0 ? null : training.Options(tokens);
        (string, string)[] inputs =
            [("model", run.Dense.ContentHash), ("windows", training.Windows.Hash), ("fitting", text.Fitting.Hash), ("selection", text.Selection.Hash),
                ("held out", training.HeldOut.Hash)];
        (string, string)[] settings =
        [
            ("plan", JsonSerializer.Serialize(plan.Layers)), ("kept", ManifestHash.OfText(JsonSerializer.Serialize(given.Layers))),
            ("options", $"{options}"), ("refit", run.RefitOptions.ToString()),
        ];
        var (name, key) = ($"{Reported}-{attempt}", run.Key([RegularizedTraining.Format, RecoveryTrainer.Format, FinalRefit.Format], inputs, settings));
        var result = run.Stage(name, key,
            folder => Regularize(plan, given, options, run.Folder.StatePath(name, key), key.Hash(), folder));
        return Read(plan, given, result.Folder);
    }

    private void Regularize(Plan plan, GivenSets given, RecoveryOptions? options, string state, string key, string folder)
    {
        if (options is null)
            run.Progress.Note("the cut comes without regularisation before it (`RegularizeTokens` 0)");
        else
            training.Note(options);
        run.Rest();
        var kept = new RegularizationFolder(state, key);
        var found = new RegularizedTraining(run.Dense, plan, given.Layers, training.Windows, options, training.Judge, kept, run.Settings.Threads)
            .Run(new CallbackProgress<RecoveryProgress>(Report), run.Stop);
        CheckpointWriter.Write(found.Model.ToModel(), Path.Combine(folder, ModelFolder));
        using var regularized = DecoderModel.Open(Path.Combine(folder, ModelFolder));
        var cut = Cut(regularized, plan, given);
        var before = LogitScale.Fit(cut, run.Dense, run.Runner, text.Selection);
        // Where the training's state is, so that its blocks outlive a kill as well.
        var refitted = Refit(regularized, plan, given, state).Model;
        var after = LogitScale.Fit(refitted, run.Dense, run.Runner, text.Selection);
        var best = after.Kl < before.Kl ? after : before;
        // The selection text chose; what is reported comes from where the damage of the training was measured.
        var kl = training.Judge(best.Apply(best == after ? refitted : cut)).Kl;
        Directory.Move(Path.Combine(state, RefitFolder), Path.Combine(folder, RefitFolder));
        RegularizeFile.Json.Write(folder, new RegularizeFile(found.Points, best.Factor, kl, best == after));
    }

    private PrunedModel Read(Plan plan, GivenSets given, string folder)
    {
        var file = RegularizeFile.Json.Read(folder);
        var regularized = run.Hold(DecoderModel.Open(Path.Combine(folder, ModelFolder), run.Folder.Hashes));
        var scale = new LogitScale(file.LogitScale, file.Kl);
        var summary = new RegularizationSummary(file.Points[^1].Tokens,
            [.. file.Points.Select(point => new CutDamage(point.Tokens, point.WeightShare, point.Whole.Kl, point.Cut.Kl))], file.Kl, file.Refitted);
        if (!file.Refitted)
            return new PrunedModel(scale.Apply(Cut(regularized, plan, given)), regularized, given) { Regularization = summary };
        var refitted = RefittedModel.Open(
            regularized, regularized.Config with { Layers = plan.Layers }, given, text.Fitting, run.RefitOptions,
            Path.Combine(folder, RefitFolder), run.Compute.Threads);
        run.Damped(refitted.RaisedDamping);
        return new PrunedModel(scale.Apply(refitted.Model), refitted.Unpruned, given) { Regularization = summary };
    }

    private static IDecoderModel Cut(IDecoderModel model, Plan plan, GivenSets given) =>
        CompactModel.Build(model, plan, LevelSource.Gathering(model, given, RunMemory.Levels));

    private RefittedModel Refit(IDecoderModel model, Plan plan, GivenSets given, string folder) => FinalRefit.Run(
        model, model.Config with { Layers = plan.Layers }, given, run.Runner, text.Fitting, run.RefitOptions,
        Path.Combine(folder, RefitFolder), run.Compute, run.Share("refit"), run.Stop);

    private void Report(RecoveryProgress value) => run.Progress.Report(
        Reported, value.Tokens, value.Total, string.Create(CultureInfo.InvariantCulture, $"loss {value.Loss:0.0000}, {value.TokensPerSecond:0} tokens/s"));
}
