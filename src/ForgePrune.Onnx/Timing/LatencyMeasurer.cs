using ForgePrune.IO;
using ForgePrune.Latency;
using ForgePrune.Timing;
using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Sessions;

namespace ForgePrune.Onnx.Timing;

/// <summary>Measures in ONNX Runtime what every level costs, with constant weights exactly as an export has them. The time of a model of L
/// equal blocks is that of its frame plus L times the block's, so a block's time is the difference divided by L.</summary>
internal static class LatencyMeasurer
{
    /// <summary>Changes when the same machine would be timed to another end: what a probe is, what it finds in the caches, how it is counted.</summary>
    public static StageFormat Format { get; } = new("latency", 2);

    /// <summary>Turns of each probe. Their median is within about 1 % on a quiet machine.</summary>
    private const int Turns = 15;

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
        var decoders = new List<OnnxDecoder>();
        try
        {
            foreach (var probe in probes)
                decoders.Add(Open(config, probe, settings.Threads, served));
            // Probes are counted in float32.
            long[] absent = [.. probes.Select(probe => probe.Absent(config) * served.Width / sizeof(float))];
            using var device = decoders[0].Memory.IsDevice ? new DeviceEvictor(decoders[0].Memory, absent.Max()) : null;
            var host = device is null ? new CacheEvictor(absent.Max()) : null;
            ModelTimer[] Timers(Phase phase) => [.. decoders.Select((decoder, i) => new ModelTimer(decoder, phase, settings, () =>
            {
                host?.Touch(absent[i]);
                device?.Touch(absent[i]);
            }))];
            double[] prefill = Medians(Timers(Phase.Prefill), share => hear(share / 2));
            double[] decode = Medians(Timers(Phase.Decode), share => hear((1 + share) / 2));
            for (var i = 1; i < probes.Length; i++)
                cache.Add(probes[i].Name, Seconds(probes[i], prefill[i], prefill[0]), Seconds(probes[i], decode[i], decode[0]));
            cache.Save();
        }
        finally
        {
            foreach (var decoder in decoders)
                decoder.Dispose();
        }
    }

    private static double Seconds(LatencyProbe probe, double whole, double frame) => probe.Copies == 0 ? whole : (whole - frame) / probe.Copies;

    private static OnnxDecoder Open(ModelConfig config, LatencyProbe probe, int threads, ServedAs served)
    {
        var folder = ScratchFolder.Create("forgeprune-latency-");
        try
        {
            if (served.Provider.CudaGraph)
                ExportErrors.ThrowIfNotStatic(config);
            using var model = SyntheticDecoder.Of(probe.Config(config));
            OnnxExporter.WriteModel(model, folder, new OnnxExportOptions
            {
                Float = served.Type,
                Logits = probe.WholeHead ? OnnxLogits.All : OnnxLogits.Last,
                Static = served.Provider.CudaGraph,
            });
            return OnnxDecoder.Open(folder, threads, served.Provider);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static double[] Medians(ModelTimer[] timers, Action<double> hear)
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
        return [.. seconds.Select(turns => Samples.Median(turns))];
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
