using System.Text.Json.Serialization;

namespace ForgePrune.Runs;

/// <summary>summary.json: what a run found, for people and scripts.</summary>
public sealed record RunSummary
{
    public required BeforeAfter Parameters { get; init; }

    /// <summary>Weight bytes of the dense and the pruned ONNX model.</summary>
    public required BeforeAfter Bytes { get; init; }

    /// <summary>What each layer keeps, in order.</summary>
    public required IReadOnlyList<LayerSummary> Layers { get; init; }

    /// <summary>Null where the models were too large for the memory allowed to be timed.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required SpeedupSummary? Speedup { get; init; }

    public required PerplexitySummary Perplexity { get; init; }

    /// <summary>Mean KL(dense ‖ pruned), nats per token.</summary>
    public required double Kl { get; init; }

    /// <summary>Wall-clock seconds of each stage when it ran (a reused stage keeps those of its own run).</summary>
    public required IReadOnlyDictionary<string, double> Seconds { get; init; }

    public required string Device { get; init; }

    public required IReadOnlyDictionary<string, string> Versions { get; init; }

    /// <summary>Hash of the plan's manifest: equal hashes, equal plans.</summary>
    public required string Manifest { get; init; }
}

/// <summary>A count of the dense and of the pruned model.</summary>
public sealed record BeforeAfter(long Before, long After);

/// <summary>What one layer keeps; zero heads or channels mean that the block is gone.</summary>
public sealed record LayerSummary(int KvGroups, int QueryHeads, int Ffn);

/// <summary>Dense time divided by pruned time, per phase.</summary>
public sealed record SpeedupSummary(RatioSummary Prefill, RatioSummary Decode);

/// <param name="Predicted">From the latency table, before any correction; null where the metric needed no table.</param>
/// <param name="Measured">Median ratio of interleaved whole-model runs.</param>
/// <param name="Low">Lower end of the 95 % interval.</param>
/// <param name="High">Upper end of the 95 % interval.</param>
public sealed record RatioSummary(double? Predicted, double Measured, double Low, double High);

/// <summary>Perplexity on the evaluation text.</summary>
public sealed record PerplexitySummary(double Dense, double Pruned);
