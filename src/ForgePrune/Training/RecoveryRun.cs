using System.Diagnostics;

namespace ForgePrune.Training;

/// <summary>How far a recovery is.</summary>
/// <param name="Tokens">Trained on so far.</param>
/// <param name="Total">In all.</param>
/// <param name="Loss">Mean of the last step, nats per token.</param>
/// <param name="TokensPerSecond">Of the steps since this process began.</param>
public readonly record struct RecoveryProgress(long Tokens, long Total, double Loss, double TokensPerSecond);

/// <summary>Trains to the end, leaving its state on the disk now and then, so that a run that is broken off goes on near where it was and ends with the
/// same bytes.</summary>
public static class RecoveryRun
{
    /// <summary>Between two states: what a kill may cost.</summary>
    public static TimeSpan Usual { get; } = TimeSpan.FromSeconds(60);

    /// <param name="state">File of the state; it stays when the training is done.</param>
    /// <param name="interval">Between two states; zero leaves one after every step.</param>
    /// <param name="until">Steps after which to end; null is the whole training.</param>
    /// <exception cref="OperationCanceledException">Stopped; the state is that of the last step.</exception>
    public static void Finish(RecoveryTrainer trainer, string state, TimeSpan interval, IProgress<RecoveryProgress>? progress = null, CancellationToken stop = default,
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
