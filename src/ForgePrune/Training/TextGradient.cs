using ForgePrune.Kernels;
using ForgePrune.Tokens;

namespace ForgePrune.Training;

/// <summary>The gradient of the mean cross-entropy of a text, in float32 by the passes that train.</summary>
internal static class TextGradient
{
    /// <summary>Tokens that usually go through the model together.</summary>
    public const int TokensAtOnce = 2048;

    /// <param name="windows">The text as token ids; at least one window.</param>
    /// <param name="atOnce">Windows that go through the model together; changes no more than the order of sums.</param>
    /// <param name="progress">Told the share of the text that is done, 0 to 1, after every pass; what it throws ends the work.</param>
    /// <returns>By the layout of <paramref name="parameters"/>.</returns>
    public static float[] Of(DecoderParameters parameters, TokenWindows windows, int atOnce, int threads, IProgress<double>? progress = null)
    {
        ArgumentOutOfRangeException.ThrowIfZero(windows.Count);
        var objective = new RecoveryObjective(parameters.Layout, null, atOnce, windows.Length, threads);
        var gradients = LargeArray.Zeros<float>(parameters.Layout.Count);
        var scale = 1f / (windows.Count * (windows.Length - 1));
        var ids = new int[atOnce * windows.Length];
        for (var first = 0; first < windows.Count; first += atOnce)
        {
            var count = Math.Min(atOnce, windows.Count - first);
            for (var window = 0; window < count; window++)
                windows.Window(first + window).CopyTo(ids.AsSpan(window * windows.Length));
            objective.Add(parameters, gradients, ids.AsSpan(0, count * windows.Length), scale);
            progress?.Report((first + count) / (double)windows.Count);
        }

        return gradients;
    }
}
