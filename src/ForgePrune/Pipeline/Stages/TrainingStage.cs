using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Progress;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Pipeline.Stages;

/// <summary>What a training did to the pruned model, on the held-out windows.</summary>
internal interface ITrainingFile
{
    double KlBefore { get; }

    double KlAfter { get; }

    /// <summary>Whether it helped.</summary>
    bool Kept { get; }
}

/// <summary>A training of the pruned model towards the dense one. What comes of it is kept where held-out text favors it; its state outlives a killed
/// run.</summary>
/// <param name="name">Of the stage.</param>
/// <param name="stateFile">The name of the file that holds the state.</param>
/// <param name="json">What the stage leaves beside the trained model.</param>
internal sealed class TrainingStage<T>(
    RunContext run, string name, string stateFile, JsonFile<T> json, RecoveryOptions options, TokenWindows windows, TokenWindows heldOut)
    where T : class, ITrainingFile
{
    private const string ModelFolder = "model";

    /// <summary>Shows every step.</summary>
    public IProgress<RecoveryProgress> Steps => new CallbackProgress<RecoveryProgress>(value => run.Progress.Report(name, value.Tokens, value.Total,
        FormattableString.Invariant($"{options.Loss.ToString().ToUpperInvariant()} {value.Loss:0.0000}, {value.TokensPerSecond:0} tokens/s")));

    /// <param name="train">Gets the model, the path of the training's state, and what stores the trained model, which is called where it helped.</param>
    /// <param name="failed">What a run says where it did not: two halves of a sentence, around the KL before and after.</param>
    /// <returns>With the trained model where it helped, which is the caller's to dispose of.</returns>
    public (T Found, IDecoderModel? Trained, double Seconds) Run(
        PrunedModel pruned, Func<IDecoderModel, string, Action<IDecoderModel>, T> train, (string Subject, string Consequence) failed)
    {
        (string, string)[] inputs =
            [("dense", run.Dense.ContentHash), ("pruned", pruned.Served.ContentHash), ("windows", windows.Hash), ("held out", heldOut.Hash)];
        var key = run.Key([RecoveryTrainer.Format], inputs, [("options", options.ToString())]);
        var state = Path.Combine(run.Folder.StatePath(name, key), stateFile);
        var result = run.Stage(name, key, folder => json.Write(folder,
            train(pruned.Served, state, trained => CheckpointWriter.Write(trained, Path.Combine(folder, ModelFolder)))));
        var found = json.Read(result.Folder);
        if (!found.Kept)
        {
            run.Progress.Note(FormattableString.Invariant(
                $"{failed.Subject} did not help on held-out text (KL {found.KlBefore:0.0000} before, {found.KlAfter:0.0000} after): {failed.Consequence}"));
        }

        return (found, found.Kept ? DecoderModel.Open(result.File(ModelFolder), run.Folder.Hashes) : null, result.Manifest.Seconds);
    }
}
