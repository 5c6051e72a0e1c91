using ForgePrune.Forward;

namespace ForgePrune.Refit;

/// <summary>The residual streams of one text in the dense and in the pruned network.</summary>
internal sealed class PairedStreams(ResidualStream embedded)
{
    /// <summary>Of the dense network.</summary>
    public ResidualStream Dense { get; } = embedded;

    /// <summary>Of the pruned network.</summary>
    public ResidualStream Pruned { get; } = embedded.Copy();

    /// <summary>Whether nothing was pruned so far.</summary>
    public bool AreOne => ReferenceEquals(Dense[0], Pruned[0]);

    /// <summary>Chunk by chunk, what a map in front of a block should give and what it reads.</summary>
    public List<(Activations Target, Activations Inputs)> MapPairs(float[] norm, double epsilon, double share, int threads) =>
        [.. Enumerable.Range(0, Dense.Chunks).Select(chunk => InputMap.Pair(Dense[chunk], Pruned[chunk], norm, epsilon, share, threads))];
}
