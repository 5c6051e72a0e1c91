using System.Diagnostics;
using ForgePrune.Latency;

namespace ForgePrune.Timing;

/// <summary>Rounds of one opening of several models, every model once in each.</summary>
internal static class TimedRounds
{
    private const int Fewest = 3, Most = 2000;

    /// <summary>Rounds after which an interval is looked at first.</summary>
    private const int FirstLook = 15;

    private const int WarmUps = 2;

    /// <returns>For every model, seconds of its turns; those of equal index are of one round.</returns>
    public static double[][] Run(OpenedModels models, Phase phase, TimingSettings settings, double maxSeconds, double precision, Action<double> hear)
    {
        var timers = new ModelTimer[models.Order.Count];
        try
        {
            // Caches lie where they came to lie, too.
            foreach (var index in models.Order)
                timers[index] = new ModelTimer(models[index], phase, settings);
            for (var warmUp = 0; warmUp < WarmUps; warmUp++)
                Array.ForEach(timers, timer => timer.Turn());
            List<double>[] seconds = Array.ConvertAll(timers, _ => new List<double>());
            var clock = Stopwatch.StartNew();
            for (var look = FirstLook; ; look += look / 4)
            {
                while (seconds[0].Count < look && (clock.Elapsed.TotalSeconds < maxSeconds || seconds[0].Count < Fewest))
                {
                    Round(timers, seconds);
                    hear(Math.Min(1, clock.Elapsed.TotalSeconds / maxSeconds));
                }

                if (clock.Elapsed.TotalSeconds >= maxSeconds || seconds[0].Count >= Most || Error(seconds) <= precision)
                    return Array.ConvertAll(seconds, turns => turns.ToArray());
            }
        }
        finally
        {
            foreach (var timer in timers)
                timer?.Dispose();
        }
    }

    /// <summary>Every round begins with another model, forwards and backwards in turn: none always follows the same one.</summary>
    private static void Round(ModelTimer[] timers, List<double>[] seconds)
    {
        var round = seconds[0].Count;
        var order = Enumerable.Range(0, timers.Length).Select(i => (i + (round / 2)) % timers.Length);
        foreach (var index in round % 2 == 0 ? order : order.Reverse())
            seconds[index].Add(timers[index].Turn());
    }

    /// <summary>Of the first model's time over the last one's, or in seconds where it is alone.</summary>
    private static double Error(List<double>[] seconds)
    {
        var first = ModelTurns.OfOneOpening(seconds[0]);
        return RatioEstimate.Of(first, seconds.Length > 1 ? ModelTurns.OfOneOpening(seconds[^1]) : first.OfOneSecond()).RelativeError;
    }
}
