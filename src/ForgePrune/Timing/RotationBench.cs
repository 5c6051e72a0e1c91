using ForgePrune.Latency;
using System.Diagnostics;
using ForgePrune.Serving;

namespace ForgePrune.Timing;

/// <summary>Times several models in one process, round by round, so that whatever else the machine does meets all alike.</summary>
public static class RotationBench
{
    private const int FewestRounds = 15, FewestSlowRounds = 6;

    /// <summary>Seconds of a round from which on few of them do: of a model with a billion parameters 15 prompts take minutes.</summary>
    private const double SlowRound = 2;

    private const int MostRounds = 2000;

    /// <param name="maxSeconds">Ends after this time, though not before 15 rounds, or 6 where they take more than 2 seconds.</param>
    /// <param name="precision">Ends as soon as the first model's time over the last one's is known within this share.</param>
    /// <param name="progress">Told the share of <paramref name="maxSeconds"/> that has passed; what it throws ends the timing.</param>
    /// <returns>Seconds of every model's turns; those of equal index are of one round.</returns>
    public static IReadOnlyList<IReadOnlyList<double>> Run(
        IReadOnlyList<IServedDecoder> models, Phase phase, TimingSettings settings, double maxSeconds = 30, double precision = 0.01,
            IProgress<double>? progress = null)
    {
        var timers = new List<ModelTimer>();
        try
        {
            foreach (var model in models)
                timers.Add(new ModelTimer(model, phase, settings));
            for (var warmUp = 0; warmUp < 2; warmUp++)
                timers.ForEach(timer => timer.Turn());
            List<double>[] seconds = [.. models.Select(_ => new List<double>())];
            var clock = Stopwatch.StartNew();
            for (var check = FewestRounds; ; check += check / 4)
            {
                while (seconds[0].Count < check && Goes(seconds[0].Count))
                {
                    Round(timers, seconds);
                    progress?.Report(Math.Min(1, clock.Elapsed.TotalSeconds / maxSeconds));
                }
                if (clock.Elapsed.TotalSeconds >= maxSeconds || seconds[0].Count >= MostRounds
                    || RatioEstimate.Of(seconds[0], seconds[^1]).RelativeError <= precision)
                    return seconds;
            }

            bool Goes(int rounds) => clock.Elapsed.TotalSeconds is var passed && (passed < maxSeconds || rounds < Fewest(rounds, passed));
        }
        finally
        {
            timers.ForEach(timer => timer.Dispose());
        }
    }

    /// <summary>The rounds that are timed whatever the time allowed.</summary>
    /// <param name="rounds">Those so far.</param>
    /// <param name="seconds">Which they took.</param>
    internal static int Fewest(int rounds, double seconds) => seconds > SlowRound * Math.Max(1, rounds) ? FewestSlowRounds : FewestRounds;

    /// <summary>Every round begins with another model, forwards and backwards in turn: none always follows the same one.</summary>
    private static void Round(List<ModelTimer> timers, List<double>[] seconds)
    {
        var round = seconds[0].Count;
        var order = Enumerable.Range(0, timers.Count).Select(i => (i + (round / 2)) % timers.Count);
        foreach (var index in round % 2 == 0 ? order : order.Reverse())
            seconds[index].Add(timers[index].Turn());
    }
}
