using ForgePrune.IO;
using ForgePrune.Latency;
using ForgePrune.Timing;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Onnx.Sessions;

namespace ForgePrune.Onnx.Timing;

/// <summary>Measures in ONNX Runtime what every level costs, with constant weights exactly as an export has them. The time of a model of L
/// equal blocks is that of its frame plus L times the block's, so a block's time is the difference divided by L.</summary>
internal static class LatencyMeasurer
{
    /// <summary>Changes when the same machine would be timed to another end: what a probe is, what it finds in the caches, how it is counted.</summary>
    public static StageFormat Format { get; } = new("latency", 3);

    /// <summary>Turns of each probe in each of the two openings. The mean of both medians is within about 1 % on a quiet machine.</summary>
    private const int Turns = 8;

    /// <summary>Forwards and backwards: which probe finds good memory depends on who was there first.</summary>
    private const int Openings = 2;

    /// <summary>Weights of the probes that are open together.</summary>
    private const long GroupBytes = 1L << 30;

    /// <summary>Reads what was measured before under the same settings, measures the rest, and keeps it: work that was broken off goes on.</summary>
    /// <param name="config">The dense model.</param>
    /// <param name="grid">The levels to price.</param>
    /// <param name="cacheFolder">Where tables are kept; null for the user's cache folder.</param>
    /// <param name="progress">Told the share that is done, 0 to 1.</param>
    /// <param name="served">Where, and in which element type; null for float32 on the processor.</param>
    /// <exception cref="Errors.BadInputException">A kept table is damaged.</exception>
    public static LatencyTable Measure(ModelConfig config, LevelGrid grid, TimingSettings settings, string? cacheFolder = null,
        IProgress<double>? progress = null, ServedAs? served = null)
    {
        served ??= ServedAs.Usual;
        var cache = LatencyCache.Open(cacheFolder ?? LatencyCache.UserFolder, LatencyKey.Of(config, settings, served));
        LatencyProbe[] levels =
        [
            .. grid.Attention.Where(level => level.KvHeads > 0).Select(level => LatencyProbe.Attention(config, level.KvHeads, level.QueryHeads)),
            .. grid.Ffn.Where(width => width > 0).Select(width => LatencyProbe.Ffn(config, width)),
            .. grid.Experts.Select(level => LatencyProbe.Experts(config, level)),
        ];
        var missing = levels.Where(level => !cache.Has(level.Name)).ToList();
        if (!cache.Has(LatencyProbe.Fixed.Name))
            missing.Insert(0, LatencyProbe.Fixed);
        for (var done = 0; done < missing.Count;)
        {
            var group = Group(config, missing, done);
            var before = done;
            Measure(config, group, settings, served, cache, share => progress?.Report((before + (share * group.Count)) / missing.Count));
            done += group.Count;
        }
        return new LatencyTable(cache.Settings, Table(grid, cache, Phase.Prefill), Table(grid, cache, Phase.Decode));
    }

    private static List<LatencyProbe> Group(ModelConfig config, List<LatencyProbe> probes, int start)
    {
        var bytes = 0L;
        return [.. probes.Skip(start).TakeWhile((probe, index) => (bytes += probe.Bytes(config)) <= GroupBytes || index == 0)];
    }

    /// <summary>All probes of a group and the frame in turn, so that a change of the machine's speed meets all.</summary>
    private static void Measure(
        ModelConfig config, List<LatencyProbe> group, TimingSettings settings, ServedAs served, LatencyCache cache, Action<double> hear)
    {
        LatencyProbe[] probes = [LatencyProbe.Baseline, .. group];
        using var exports = new ExportedProbes(config, probes, served);
        ModelTurns[] prefill = [.. probes.Select(_ => new ModelTurns([]))], decode = [.. prefill];
        for (var opening = 0; opening < Openings; opening++)
        {
            using var opened = new OpenedModels(exports.Openers(settings.Threads), OpeningOrder.IsBackwards(opening));
            using var evictor = new ProbeEvictor(config, probes, served, ((OnnxDecoder)opened[0]).Memory);
            Add(prefill, Phase.Prefill, 0);
            Add(decode, Phase.Decode, 0.5);

            void Add(ModelTurns[] turns, Phase phase, double done)
            {
                ModelTimer[] timers = new ModelTimer[probes.Length];
                foreach (var index in opened.Order)
                    timers[index] = new ModelTimer(opened[index], phase, settings, () => evictor.Touch(index));
                double[][] seconds = Rounds(timers, share => hear((opening + done + (share / 2)) / Openings));
                for (var i = 0; i < turns.Length; i++)
                    turns[i] = new ModelTurns([.. turns[i].Openings, seconds[i]]);
            }
        }

        for (var i = 1; i < probes.Length; i++)
            cache.Add(probes[i].Name, Seconds(probes[i], prefill[i].Seconds, prefill[0].Seconds), Seconds(probes[i], decode[i].Seconds, decode[0].Seconds));
        cache.Save();
    }

    private static double Seconds(LatencyProbe probe, double whole, double frame) => probe.Copies == 0 ? whole : (whole - frame) / probe.Copies;

    private static double[][] Rounds(ModelTimer[] timers, Action<double> hear)
    {
        var seconds = Array.ConvertAll(timers, _ => new double[Turns]);
        foreach (var timer in timers)
            timer.Turn();
        for (var turn = 0; turn < Turns; turn++)
        {
            for (var i = 0; i < timers.Length; i++)
                seconds[i][turn] = timers[i].Turn();
            hear((turn + 1.0) / Turns);
        }
        foreach (var timer in timers)
            timer.Dispose();
        return seconds;
    }

    private static PhaseTable Table(LevelGrid grid, LatencyCache cache, Phase phase) => new(
        cache.Seconds(LatencyProbe.Fixed.Name, phase),
        grid.Attention.Where(level => level.KvHeads > 0)
            .ToDictionary(level => level, level => cache.Seconds(FormattableString.Invariant($"attention {level.KvHeads}/{level.QueryHeads}"), phase)),
        grid.Ffn.Where(width => width > 0).Order().ToDictionary(width => width, width => cache.Seconds(FormattableString.Invariant($"ffn {width}"), phase)))
    {
        Experts = grid.Experts.ToDictionary(level => level, level => cache.Seconds(LatencyProbe.NameOf(level), phase)),
    };
}
