using ForgePrune.Model;

namespace ForgePrune.Latency;

/// <summary>Measured seconds of one phase (a prefill of the whole prompt, or one decode step), per attention level and per FFN width.</summary>
/// <param name="FixedSeconds">What no plan changes: embedding, final norm, output head, the call itself.</param>
/// <param name="Attention">Seconds of one attention block per level; a removed block costs nothing and is not listed.</param>
/// <param name="Ffn">Seconds of one MLP block per width, ascending.</param>
public sealed record PhaseTable(
    double FixedSeconds,
    IReadOnlyDictionary<AttentionLevel, double> Attention,
    IReadOnlyDictionary<int, double> Ffn)
{
    /// <summary>Seconds of one block of experts, of every measured number of experts with every measured width; empty where the model has none.</summary>
    public IReadOnlyDictionary<ExpertLevel, double> Experts { get; init; } = new Dictionary<ExpertLevel, double>();
}
