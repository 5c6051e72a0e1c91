using ForgePrune.Evaluation;
using ForgePrune.Model;
using ForgePrune.Tokens;
using ForgePrune.Training;

namespace ForgePrune.Pipeline.Stages;

/// <summary>What a run trains on and how, and the held-out text that judges it. Read at once: a text that is no good should say so before anything is
/// pruned.</summary>
internal sealed class TrainingText(RunContext run, CalibrationText text)
{
    private static readonly RecoveryOptions Usual = new() { Tokens = 0 };

    /// <summary>The user's text, or the calibration windows that are not held out.</summary>
    public TokenWindows Windows { get; } = run.Settings.Recovery?.Text is { } file ? CalibrationText.Read(run, file, null) : text.Fitting;

    /// <summary>What tells whether a training helped: the last refit has read the selection text.</summary>
    public TokenWindows HeldOut => text.Judging;

    /// <summary>A training of so many tokens, by what the user says of recovery.</summary>
    public RecoveryOptions Options(long tokens) => new()
    {
        Tokens = tokens,
        Loss = run.Settings.Recovery?.Loss ?? Usual.Loss,
        Rate = run.Settings.Recovery?.Rate ?? Usual.Rate,
        Seed = run.Settings.Seed,
    };

    /// <summary>The training of the finished model, in the scope that the user says.</summary>
    public RecoveryOptions Options(RecoverySettings settings) => Options(settings.Tokens) with
    {
        Scope = settings.Scope,
        TokensAtOnce = settings.Scope.UsualTokensAtOnce,
    };

    public Quality Judge(IDecoderModel model)
    {
        var result = ModelEvaluation.Run(model, run.Runner, HeldOut, run.Dense);
        return new Quality(result.Kl!.Value, result.Perplexity);
    }

    /// <summary>Says so where the text is read more than twice, and where its windows do not begin as all of calibration's do, with BOS for example:
    /// MiniMind2's loss is three times as large without it.</summary>
    public void Note(RecoveryOptions options)
    {
        var times = (double)options.Steps(Windows.Length) * options.WindowsPerStep(Windows.Length) * Windows.Length / Windows.TokenCount;
        if (times > 2)
            run.Progress.Note(FormattableString.Invariant($"training reads its text {times:0.0} times; more text would teach more (`Recovery.Text`)"));

        var first = text.Fitting.Window(0)[0];
        var begun = Begun(Windows);
        if (Begun(text.Fitting) == 1 && begun < 0.5)
            run.Progress.Note(FormattableString.Invariant($"calibration begins every window with id {first}, the training text {100 * begun:0} % of them: what it teaches may not be what is measured"));

        double Begun(TokenWindows windows) => Enumerable.Range(0, windows.Count).Count(window => windows.Window(window)[0] == first) / (double)windows.Count;
    }
}
