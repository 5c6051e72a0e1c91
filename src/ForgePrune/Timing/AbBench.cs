using ForgePrune.Latency;
using ForgePrune.Serving;

namespace ForgePrune.Timing;

/// <summary>Two models timed in turn.</summary>
/// <param name="A">Seconds per turn of the first model.</param>
/// <param name="B">Seconds per turn of the second, each beside the turn of A with the same index.</param>
/// <param name="SpeedUp">How many times as long A takes as B.</param>
public sealed record AbResult(Phase Phase, IReadOnlyList<double> A, IReadOnlyList<double> B, RatioEstimate SpeedUp);

/// <summary>Times two models in one process, turn by turn, as <see cref="RotationBench"/> does several.</summary>
public static class AbBench
{
    /// <param name="maxSeconds">Ends after this time, though not before 15 pairs, or 6 where they take more than 2 seconds.</param>
    /// <param name="precision">Ends as soon as the interval lies within this share of the ratio.</param>
    /// <param name="progress">Told the share of <paramref name="maxSeconds"/> that has passed; what it throws ends the timing.</param>
    public static AbResult Run(
        IServedDecoder a, IServedDecoder b, Phase phase, TimingSettings settings, double maxSeconds = 30, double precision = 0.01,
            IProgress<double>? progress = null)
    {
        var seconds = RotationBench.Run([a, b], phase, settings, maxSeconds, precision, progress);
        return new AbResult(phase, seconds[0], seconds[1], RatioEstimate.Of(seconds[0], seconds[1]));
    }
}
