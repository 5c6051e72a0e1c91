namespace ForgePrune.Pipeline.Resources;

/// <summary>Memory that stages keep for speed, in bytes. Results do not depend on it.</summary>
public static class RunMemory
{
    /// <summary>Hidden states and remembered dense predictions, half each.</summary>
    public const long Streams = 1L << 30;

    /// <summary>Factors, dense layers and finished levels.</summary>
    public const long Levels = 1L << 30;

    /// <summary>What a whole model in ONNX Runtime takes beside its weights: the process itself, KV caches, one window's activations and logits.</summary>
    private const long BesideServed = 512L << 20;

    /// <summary>Models are timed side by side up to this, with what they take beside their weights: their turns then meet the same machine. Larger ones
    /// take turns in memory too. A quarter is left to the files that they are read from, and to everybody else.</summary>
    /// <param name="memory">The bytes that the run is allowed.</param>
    public static long ServedTogether(long memory) => memory / 4 * 3;

    /// <summary>Resident bytes while models with these weights are loaded.</summary>
    public static long Served(params ReadOnlySpan<long> weights)
    {
        var sum = BesideServed;
        foreach (var bytes in weights)
            sum += bytes;
        return sum;
    }
}
