using ForgePrune.Onnx;
using ForgePrune.Pipeline;
using ForgePrune.Progress;
using ForgePrune.Search.Costs;

namespace ForgePrune;

/// <summary>Prunes a decoder to a target and writes it for ONNX Runtime: the entry of the library.</summary>
public static class Pruner
{
    /// <summary>Prunes a model with the usual settings, or with some of them changed.</summary>
    /// <param name="model">A Hugging Face folder, a llama2.c file, or a folder that ForgePrune wrote.</param>
    /// <param name="folder">The run folder: absent, empty, or an earlier run, which goes on where it stopped.</param>
    /// <param name="target">The speed-up or the share to keep, such as <c>Target.Parse("1.5x")</c>.</param>
    /// <param name="change">Changes the usual settings, such as <c>settings => settings with { Calibration = "news.txt" }</c>; null keeps them.</param>
    /// <param name="progress">Told how far the run is; called from the run's own thread.</param>
    /// <param name="stop">Ends the run; the same call resumes it.</param>
    /// <returns>The finished run, whether or not it meets the target: see <see cref="PruneResult.Shortfall"/>.</returns>
    /// <exception cref="Errors.BadInputException">A setting, the model or a text is wrong.</exception>
    /// <exception cref="Errors.BrokenEnvironmentException">The machine lacks a device, a library or room on the disk.</exception>
    /// <exception cref="TargetNotMetException">No plan can meet the target.</exception>
    /// <exception cref="Errors.ProofFailedException">The result is not what it should be.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> ended the run.</exception>
    public static Task<PruneResult> PruneAsync(
        string model, string folder, Target target, Func<PruneSettings, PruneSettings>? change = null, IProgress<PruneProgress>? progress = null,
        CancellationToken stop = default)
    {
        var settings = new PruneSettings { Model = model, Out = folder, Target = target };
        return PruneAsync(change is null ? settings : change(settings), progress, stop);
    }

    /// <summary>Prunes a model with given settings.</summary>
    /// <inheritdoc cref="PruneAsync(string, string, Target, Func{PruneSettings, PruneSettings}?, IProgress{PruneProgress}?, CancellationToken)"/>
    /// <param name="settings">The settings of the run.</param>
    public static Task<PruneResult> PruneAsync(PruneSettings settings, IProgress<PruneProgress>? progress = null, CancellationToken stop = default) =>
        Task.Factory.StartNew(
            () => PrunePipeline.Run(settings, OnnxServing.On(settings.Provider), progress is null ? NoProgress.Instance : new ProgressAdapter(progress), stop),
            stop, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private sealed class ProgressAdapter(IProgress<PruneProgress> progress) : IProgressReport
    {
        public void Report(string stage, long done, long total, string message = "") => progress.Report(new PruneProgress(stage, done, total, message));

        public void Note(string message) => progress.Report(new PruneProgress(null, 0, 0, message));
    }
}

/// <summary>How far a run is, or something worth knowing.</summary>
/// <param name="Stage">The stage that is under way; null for a remark.</param>
/// <param name="Done">Units of the stage that are done.</param>
/// <param name="Total">Units of the stage in all.</param>
/// <param name="Message">What is under way, or the remark; empty for nothing.</param>
public readonly record struct PruneProgress(string? Stage, long Done, long Total, string Message);
