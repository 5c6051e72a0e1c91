using System.Diagnostics;

namespace ForgePrune.Training;

/// <summary>The progress of a recovery.</summary>
/// <param name="Tokens">The tokens trained on so far.</param>
/// <param name="Total">The tokens of the whole training.</param>
/// <param name="Loss">The mean loss of the last step, in nats per token.</param>
/// <param name="TokensPerSecond">The tokens per second of the steps since the process began.</param>
public readonly record struct RecoveryProgress(long Tokens, long Total, double Loss, double TokensPerSecond);

/// <summary>Trains to the end and saves the state at intervals, so that an interrupted run resumes near its last step and ends with the
/// same bytes.</summary>
public static class RecoveryRun
{
    /// <summary>The usual time between two saved states: the most work that a killed process loses.</summary>
    public static TimeSpan Usual { get; } = TimeSpan.FromSeconds(60);

    /// <summary>Resumes from the saved state, if there is one, and trains to the end.</summary>
    /// <param name="trainer">The training.</param>
    /// <param name="state">The path of the saved state; the file stays after the training.</param>
    /// <param name="interval">The time between two saved states; zero saves after every step.</param>
    /// <param name="progress">Receives the progress after every step.</param>
    /// <param name="stop">Stops between two steps.</param>
    /// <param name="until">The number of steps after which to end; null for the whole training.</param>
    /// <exception cref="Errors.BadInputException">The state is damaged or belongs to another training, or the training diverged.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was requested; the state of the last step is saved.</exception>
    public static void Finish(RecoveryTrainer trainer, string state, TimeSpan interval, IProgress<RecoveryProgress>? progress = null,
        CancellationToken stop = default,
        int? until = null)
    {
        var end = until ?? trainer.Steps;
        trainer.Resume(state);
        var (clock, saved, before) = (Stopwatch.StartNew(), TimeSpan.Zero, trainer.Done);
        while (trainer.Done < end)
        {
            if (stop.IsCancellationRequested && trainer.Done > before)
                trainer.Save(state);
            stop.ThrowIfCancellationRequested();
            var loss = trainer.Next();
            progress?.Report(new RecoveryProgress(
                trainer.Done * trainer.TokensPerStep, trainer.Steps * trainer.TokensPerStep, loss,
                (trainer.Done - before) * trainer.TokensPerStep / clock.Elapsed.TotalSeconds));
            if (clock.Elapsed - saved < interval && trainer.Done < end)
                continue;
            trainer.Save(state);
            saved = clock.Elapsed;
        }
    }
}
