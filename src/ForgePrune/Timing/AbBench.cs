using ForgePrune.Latency;
using System.Diagnostics;
using ForgePrune.Serving;

namespace ForgePrune.Timing;

/// <summary>Two models timed in turn.</summary>
/// <param name="A">Seconds per turn of the first model.</param>
/// <param name="B">Seconds per turn of the second, each beside the turn of A with the same index.</param>
/// <param name="SpeedUp">How many times as long A takes as B.</param>
public sealed record AbResult(Phase Phase, IReadOnlyList<double> A, IReadOnlyList<double> B, RatioEstimate SpeedUp);

/// <summary>Times two models in one process, turn by turn, so that whatever else the machine does meets both alike.</summary>
public static class AbBench
{
    private const int FewestPairs = 15;
    private const int MostPairs = 2000;

    /// <param name="maxSeconds">Ends after this time, though not before 15 pairs.</param>
    /// <param name="precision">Ends as soon as the interval lies within this share of the ratio.</param>
    /// <param name="progress">Told the share of <paramref name="maxSeconds"/> that has passed; what it throws ends the timing.</param>
    public static AbResult Run(
        IServedDecoder a, IServedDecoder b, Phase phase, TimingSettings settings, double maxSeconds = 30, double precision = 0.01, IProgress<double>? progress = null)
    {
        using ModelTimer timerA = new(a, phase, settings), timerB = new(b, phase, settings);
        for (var warmUp = 0; warmUp < 2; warmUp++)
        {
            timerA.Turn();
            timerB.Turn();
        }
        List<double> secondsA = [], secondsB = [];
        var clock = Stopwatch.StartNew();
        for (var check = FewestPairs; ; check += check / 4)
        {
            while (secondsA.Count < check && (secondsA.Count < FewestPairs || clock.Elapsed.TotalSeconds < maxSeconds))
            {
                Pair(timerA, timerB, secondsA, secondsB);
                progress?.Report(Math.Min(1, clock.Elapsed.TotalSeconds / maxSeconds));
            }
            var speedUp = RatioEstimate.Of(secondsA, secondsB);
            if (speedUp.RelativeError <= precision || clock.Elapsed.TotalSeconds >= maxSeconds || secondsA.Count >= MostPairs)
                return new AbResult(phase, secondsA, secondsB, speedUp);
        }
    }

    /// <summary>A B, then B A: neither always follows the other.</summary>
    private static void Pair(ModelTimer a, ModelTimer b, List<double> secondsA, List<double> secondsB)
    {
        if (secondsA.Count % 2 == 0)
        {
            secondsA.Add(a.Turn());
            secondsB.Add(b.Turn());
        }
        else
        {
            secondsB.Add(b.Turn());
            secondsA.Add(a.Turn());
        }
    }
}
