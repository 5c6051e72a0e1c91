using System.Globalization;
using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Progress;
using ForgePrune.Training;

namespace ForgePrune.Methods.TrainLarge;

/// <summary>Trains a model and writes it. Its state outlives a killed run.</summary>
internal static class TrainStage
{
    private const string ModelFolder = "model", StateFile = "training.state";

    /// <param name="name">Of the stage.</param>
    /// <param name="start">Copied.</param>
    /// <param name="teacher">Read only where its predictions are the truth.</param>
    /// <returns>The caller's to dispose of.</returns>
    public static CheckpointModel Run(StudyContext study, string name, IDecoderModel start, IDecoderModel teacher, RecoveryOptions options)
    {
        var windows = study.Text.Training;
        var key = study.Key([RecoveryTrainer.Format, CheckpointWriter.Format],
            [
                ("start", start.ContentHash), ("teacher", teacher.ContentHash), ("windows", windows.Hash), ("companions", study.Vocabulary.Companions.All),
            ],
            [("options", options.ToString())]);
        var result = study.Stage(name, key, folder =>
        {
            var state = Path.Combine(study.Folder.StatePath(name, key), StateFile);
            var trainer = new RecoveryTrainer(start, teacher, windows, options, study.Settings.Threads);
            RecoveryRun.Finish(trainer, state, RecoveryRun.Usual, Steps(study, name), study.Stop);
            CheckpointWriter.Write(trainer.Model, Path.Combine(folder, ModelFolder), study.Vocabulary.Source);
        });
        return DecoderModel.Open(result.File(ModelFolder), study.Folder.Hashes);
    }

    private static CallbackProgress<RecoveryProgress> Steps(StudyContext study, string stage) => new(value => study.Progress.Report(
        stage, value.Tokens, value.Total, string.Create(CultureInfo.InvariantCulture, $"loss {value.Loss:0.000}, {value.TokensPerSecond:0} tokens/s")));
}
