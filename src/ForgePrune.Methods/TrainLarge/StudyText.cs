using ForgePrune.Errors;
using ForgePrune.Progress;
using ForgePrune.Tokens;
using ForgePrune.Tokens.Text;

namespace ForgePrune.Methods.TrainLarge;

/// <summary>The text of a study. What judges is its end, which nothing learns from.</summary>
/// <param name="Training">Read in another order every time.</param>
/// <param name="Calibration">Part of it, for Grams, search and refits.</param>
/// <param name="Judged">Part of it that fits the factor on the logits.</param>
/// <param name="HeldOut">The end.</param>
internal sealed record StudyText(TokenWindows Training, TokenWindows Calibration, TokenWindows Judged, TokenWindows HeldOut)
{
    private const int CalibrationTokens = 32768, QuickCalibrationTokens = 8192, HeldOutWindows = 256, QuickHeldOutWindows = 64;

    private const int HeldOutShare = 10, JudgedEvery = 8;

    /// <param name="tokens">As many as are trained on; more are not read.</param>
    public static StudyText Read(StudySettings settings, StudyVocabulary vocabulary, long tokens, IProgressReport progress)
    {
        var most = settings.Quick ? QuickHeldOutWindows : HeldOutWindows;
        var enough = tokens + ((long)most * settings.Window);
        var windows = Windows.FromFile(settings.Text, vocabulary.Tokenizer, settings.Window, vocabulary.Size, enough, vocabulary.Bos).Said(progress);
        var heldOut = Math.Clamp(windows.Count / HeldOutShare, 1, most);
        var training = windows.Count - heldOut;
        if (training < JudgedEvery)
        {
            throw new BadInputException(
                $"`Text` {settings.Text} gives {windows.Count} windows of {settings.Window} tokens where at least {JudgedEvery + 1} are needed; "
                + "give more text or a smaller `Window`");
        }

        var calibration = Math.Clamp((settings.Quick ? QuickCalibrationTokens : CalibrationTokens) / settings.Window, JudgedEvery, training);
        var (fitting, judged) = windows.Slice(0, calibration).HoldOut(JudgedEvery, settings.Seed);
        return new StudyText(windows.Slice(0, training), fitting, judged, windows.Slice(training, heldOut));
    }
}
