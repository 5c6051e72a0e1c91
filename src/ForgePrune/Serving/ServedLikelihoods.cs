using ForgePrune.Evaluation.Tasks;

namespace ForgePrune.Serving;

/// <summary>Likelihoods from an exported decoder, as a client sees it: several sequences beside one another, filled up behind their end,
/// which a causal model does not see.</summary>
/// <param name="positions">Most tokens of a sequence.</param>
public sealed class ServedLikelihoods(IServedDecoder decoder, int positions) : ILikelihoodModel
{
    /// <summary>Bytes of logits at once. The graph computes them for every position, wanted or not.</summary>
    private const long Memory = 256L << 20;

    /// <inheritdoc/>
    public int Positions { get; } = positions;

    /// <inheritdoc/>
    public int BatchOf(int tokens) => (int)Math.Clamp(Memory / (sizeof(float) * (long)tokens * decoder.VocabSize), 1, 64);

    /// <inheritdoc/>
    public void Run(IReadOnlyList<InputRow> batch, Action<int, ReadOnlyMemory<float>> hear)
    {
        var (length, vocab) = (batch.Max(row => row.Input.Length), decoder.VocabSize);
        var ids = new int[batch.Count * length];
        for (var i = 0; i < batch.Count; i++)
            batch[i].Input.CopyTo(ids, i * length);
        using var state = decoder.NewState(batch.Count, length);
        var logits = state.Append(ids);
        for (var i = 0; i < batch.Count; i++)
        {
            var first = (i * length) + batch[i].Input.Length - batch[i].Predictions;
            hear(i, logits.Slice(first * vocab, batch[i].Predictions * vocab).ToArray());
        }
    }
}
