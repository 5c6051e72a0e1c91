namespace ForgePrune.Latency;

/// <summary>The use that times are measured for.</summary>
public sealed record TimingSettings
{
    /// <summary>Threads of one call.</summary>
    public required int Threads { get; init; }

    /// <summary>Sequences at a time.</summary>
    public int Batch { get; init; } = 1;

    /// <summary>Tokens of the prompt that a prefill reads.</summary>
    public int Prompt { get; init; } = 128;

    /// <summary>Tokens in the cache when a decode step is timed.</summary>
    public int Context { get; init; } = 128;
}
