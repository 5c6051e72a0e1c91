using System.Diagnostics;
using ForgePrune.Latency;
using ForgePrune.Serving;

namespace ForgePrune.Timing;

/// <summary>Several models, opened and timed in turn.</summary>
/// <param name="Prefill">Of every model.</param>
/// <param name="Decode">Of every model.</param>
public sealed record RotationResult(IReadOnlyList<ModelTurns> Prefill, IReadOnlyList<ModelTurns> Decode)
{
    /// <summary>The turns of one phase.</summary>
    public IReadOnlyList<ModelTurns> Of(Phase phase) => phase == Phase.Prefill ? Prefill : Decode;
}

/// <summary>Times several models in one process. They are timed round by round, so that whatever else the machine does meets all alike, and
/// opened anew several times, forwards and backwards, so that where their weights lie favors none.</summary>
public static class RotationBench
{
    /// <summary>Four are the fewest that tell chance from order (<see cref="OpeningOrder.Alike"/>).</summary>
    internal const int UsualOpenings = 6, HeavyOpenings = 4, SlowOpenings = 2;

    /// <summary>Seconds of a round, and of an opening, from which on models are opened less often.</summary>
    private const double SlowRound = 2, HeavyLoad = 10;

    /// <param name="models">Each opens its model; what it opens is closed here.</param>
    /// <param name="settings">The use that is timed.</param>
    /// <param name="maxSeconds">Rounds of one phase end after this time, though not before three of each opening.</param>
    /// <param name="precision">Rounds of one opening end as soon as the first model's time over the last one's is known within this share.</param>
    /// <param name="progress">Told the share that is done, 0 to 1; what it throws ends the timing.</param>
    public static RotationResult Run(IReadOnlyList<Func<IServedDecoder>> models, TimingSettings settings, double maxSeconds = 30,
        double precision = 0.01, IProgress<double>? progress = null)
    {
        List<double[]>[] prefill = [.. models.Select(_ => new List<double[]>())], decode = [.. models.Select(_ => new List<double[]>())];
        var openings = UsualOpenings;
        for (var opening = 0; opening < openings; opening++)
        {
            var clock = Stopwatch.StartNew();
            using var opened = new OpenedModels(models, OpeningOrder.IsBackwards(opening));
            var load = clock.Elapsed.TotalSeconds;
            Add(prefill, Timed(Phase.Prefill, 0));
            if (opening == 0)
                openings = Openings(load, prefill.Sum(seconds => seconds[0].Average()));
            Add(decode, Timed(Phase.Decode, 0.5));

            double[][] Timed(Phase phase, double done) => TimedRounds.Run(opened, phase, settings, maxSeconds / openings, precision,
                share => progress?.Report((opening + done + (share / 2)) / openings));
        }

        return new RotationResult(Turns(prefill), Turns(decode));
    }

    /// <summary>How often models are opened.</summary>
    /// <param name="load">Seconds that it takes to open all once.</param>
    /// <param name="round">Seconds of one prompt of each.</param>
    internal static int Openings(double load, double round) =>
        round > SlowRound ? SlowOpenings : load > HeavyLoad ? HeavyOpenings : UsualOpenings;

    private static void Add(List<double[]>[] turns, double[][] opening)
    {
        for (var i = 0; i < turns.Length; i++)
            turns[i].Add(opening[i]);
    }

    private static ModelTurns[] Turns(List<double[]>[] models) => Array.ConvertAll(models, openings => new ModelTurns([.. openings]));
}
