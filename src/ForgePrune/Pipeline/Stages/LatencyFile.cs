using ForgePrune.Latency;
using ForgePrune.Model;
using ForgePrune.Pipeline.Runs;

namespace ForgePrune.Pipeline.Stages;

/// <summary>latency.json: the table as rows that people can read.</summary>
internal sealed record LatencyFile(SortedDictionary<string, string> Settings, PhaseRows Prefill, PhaseRows Decode)
{
    public static JsonFile<LatencyFile> Json { get; } = new("latency.json", PipelineJson.Default.LatencyFile);

    public static LatencyFile Of(LatencyTable table) =>
        new(new(table.Settings.ToDictionary(), StringComparer.Ordinal), PhaseRows.Of(table.Prefill), PhaseRows.Of(table.Decode));

    public LatencyTable ToTable() => new(Settings, Prefill.ToTable(), Decode.ToTable());
}

/// <summary>Seconds of one phase.</summary>
internal sealed record PhaseRows(double Fixed, IReadOnlyList<AttentionRow> Attention, IReadOnlyList<FfnRow> Ffn)
{
    /// <summary>Blocks of experts; absent for models without.</summary>
    public IReadOnlyList<ExpertRow>? Experts { get; init; }

    public static PhaseRows Of(PhaseTable table) => new(
        table.FixedSeconds,
        [.. table.Attention.OrderByDescending(row => (row.Key.KvHeads, row.Key.QueryHeads))
            .Select(row => new AttentionRow(row.Key.KvHeads, row.Key.QueryHeads, row.Value))],
        [.. table.Ffn.OrderByDescending(row => row.Key).Select(row => new FfnRow(row.Key, row.Value))])
    {
        Experts = table.Experts.Count == 0 ? null : [.. table.Experts.OrderByDescending(row => (row.Key.Experts, row.Key.Width))
            .Select(row => new ExpertRow(row.Key.Experts, row.Key.Width, row.Value))],
    };

    public PhaseTable ToTable() => new(
        Fixed,
        Attention.ToDictionary(row => new AttentionLevel(row.KvHeads, row.QueryHeads), row => row.Seconds),
        Ffn.ToDictionary(row => row.Width, row => row.Seconds))
    {
        Experts = (Experts ?? []).ToDictionary(row => new ExpertLevel(row.Experts, row.Width), row => row.Seconds),
    };
}

internal sealed record AttentionRow(int KvHeads, int QueryHeads, double Seconds);

internal sealed record FfnRow(int Width, double Seconds);

internal sealed record ExpertRow(int Experts, int Width, double Seconds);
