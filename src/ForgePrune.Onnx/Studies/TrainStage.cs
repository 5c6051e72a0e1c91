using System.Globalization;
using ForgePrune.Checkpoints;
using ForgePrune.Model;
using ForgePrune.Recovery;
using ForgePrune.Runs;

namespace ForgePrune.Onnx.Studies;

/// <summary>Trains a model and writes it. Its state outlives a killed run.</summary>
internal static class TrainStage
{
    private const string ModelFolder = "model", StateFolder = "train-state";

    /// <param name="name">Of the stage.</param>
    /// <param name="start">Copied.</param>
    /// <param name="teacher">Read only where its predictions are the truth.</param>
    /// <returns>The caller's to dispose of.</returns>
    public static CheckpointModel Run(StudyContext study, string name, IDecoderModel start, IDecoderModel teacher, RecoveryOptions options)
    {
        var windows = study.Text.Training;
        (string, string)[] inputs = [("start", start.ContentHash), ("teacher", teacher.ContentHash), ("windows", windows.Hash)];
        (string, string)[] settings = [("options", options.ToString())];
        // Named by what it belongs to, so that another training never meets it.
        var state = Path.Combine(States(study), ManifestHash.OfText(string.Join('\n', inputs.Concat(settings).Append(("device", study.Device))))[..16]);
        var result = study.Stage(name, inputs, settings, folder =>
        {
            var trainer = new RecoveryTrainer(start, teacher, windows, options, study.Settings.Threads);
            RecoveryRun.Finish(trainer, state, RecoveryRun.Usual, new StepReport(study.Progress, name), study.Stop);
            CheckpointWriter.Write(trainer.Model, Path.Combine(folder, ModelFolder), study.Vocabulary.Source);
        });
        if (File.Exists(state))
            File.Delete(state);
        return DecoderModel.Open(result.File(ModelFolder));
    }

    /// <summary>Deletes whatever trainings of this folder were broken off and never came to an end.</summary>
    public static void Forget(StudyContext study)
    {
        if (Directory.Exists(States(study)))
            Directory.Delete(States(study), recursive: true);
    }

    private static string States(StudyContext study) => Path.Combine(study.Folder.FullPath, StateFolder);

    private sealed class StepReport(IProgressReport progress, string stage) : IProgress<RecoveryProgress>
    {
        public void Report(RecoveryProgress value) => progress.Report(
            stage, value.Tokens, value.Total,
            string.Create(CultureInfo.InvariantCulture, $"loss {value.Loss:0.000}, {value.TokensPerSecond:0} tokens/s"));
    }
}
