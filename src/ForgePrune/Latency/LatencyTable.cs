namespace ForgePrune.Latency;

/// <summary>Block times measured in the runtime that will serve the model; equal settings on one machine share one table.</summary>
/// <param name="Settings">Everything the times depend on: processor, runtime version, provider, threads, batch, prompt, context, model geometry.</param>
/// <param name="Prefill">Times of reading the whole prompt at once.</param>
/// <param name="Decode">Times of one step with a filled cache.</param>
public sealed record LatencyTable(IReadOnlyDictionary<string, string> Settings, PhaseTable Prefill, PhaseTable Decode);
