namespace ForgePrune.Latency;

/// <summary>The two things a decoder spends time on.</summary>
public enum Phase
{
    /// <summary>Reading the whole prompt in one call, logits of all positions.</summary>
    Prefill,

    /// <summary>One further token of every sequence, with a filled cache.</summary>
    Decode,
}
