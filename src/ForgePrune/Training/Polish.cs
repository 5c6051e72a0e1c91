using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Training;

/// <summary>How a pruned model is polished.</summary>
internal sealed record PolishOptions
{
    /// <summary>The number of times that the fitting windows are read.</summary>
    public int Passes { get; init; } = 2;

    /// <summary>The largest learning rate.</summary>
    public double Rate { get; init; } = RecoveryScope.Scales.UsualRate;

    /// <summary>The seed of the order of windows.</summary>
    public long Seed { get; init; }

    /// <summary>The training that these options stand for.</summary>
    public RecoveryOptions Training(TokenWindows fitting) => new()
    {
        Tokens = (long)Passes * fitting.TokenCount,
        Scope = RecoveryScope.Scales,
        Rate = Rate,
        TokensAtOnce = RecoveryScope.Scales.UsualTokensAtOnce,
        Seed = Seed,
    };
}

/// <summary>A polished model.</summary>
/// <param name="Model">Reads the pruned model, which must stay open.</param>
/// <param name="KlBefore">The mean KL(dense ‖ pruned) on the held-out windows, in nats per predicted token.</param>
/// <param name="KlAfter">The same after polishing.</param>
/// <param name="Tokens">The tokens of all steps.</param>
/// <param name="Losses">The mean loss of every step, in nats per token.</param>
internal sealed record PolishedModel(IDecoderModel Model, double KlBefore, double KlAfter, long Tokens, IReadOnlyList<double> Losses)
{
    /// <summary>Whether the held-out windows say that it helped.</summary>
    public bool Helped => KlAfter < KlBefore;
}

/// <summary>Trains what is cheapest to train of a pruned model: norms, the factor on the logits that the final norm holds, one factor for each input of o_proj
/// and down_proj, and the biases that it has. So few parameters learn from little text, and cannot learn it by heart.</summary>
internal static class Polish
{
    /// <param name="pruned">The model to polish; its layers should be stored, not computed, since every step reads them.</param>
    /// <param name="dense">The model to come near to.</param>
    /// <param name="fitting">The text as token ids; at least one window.</param>
    /// <param name="heldOut">Windows of the same length that judge the model before and after; at least one.</param>
    /// <param name="stateFile">The path of the state, which outlives a killed process.</param>
    /// <param name="threads">The largest number of threads; the result is the same for every number.</param>
    /// <exception cref="Errors.BadInputException">The training diverged, or the state belongs to another one.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was requested; the state of the last step is saved.</exception>
    public static PolishedModel Run(
        IDecoderModel pruned, IDecoderModel dense, TokenWindows fitting, TokenWindows heldOut, PolishOptions options, string stateFile, int threads,
        IProgress<RecoveryProgress>? progress = null, CancellationToken stop = default)
    {
        var trainer = new RecoveryTrainer(pruned, dense, fitting, options.Training(fitting), threads);
        var before = trainer.Measure(heldOut);
        RecoveryRun.Finish(trainer, stateFile, RecoveryRun.Usual, progress, stop);
        return new PolishedModel(trainer.Model, before, trainer.Measure(heldOut), trainer.Done * trainer.TokensPerStep, trainer.Losses);
    }
}
