using ForgePrune.Evaluation;

namespace ForgePrune.Serving;

/// <summary>An exported decoder, loaded as its users load it.</summary>
public interface IServedDecoder : IDisposable
{
    /// <summary>Width of the logits.</summary>
    int VocabSize { get; }

    /// <summary>Whether the graph computes logits of the last token read only: enough to generate, not to judge a text.</summary>
    bool LastLogitsOnly => false;

    /// <summary>An empty KV cache.</summary>
    /// <param name="batch">Sequences, at least 1.</param>
    /// <param name="capacity">Most tokens of each sequence, at least 1.</param>
    IDecoderState NewState(int batch, int capacity);

    /// <summary>Logits of one sequence read from its beginning.</summary>
    /// <param name="ids">At least one token id.</param>
    /// <returns>ids.Length × vocab, row-major; only the last row with <see cref="LastLogitsOnly"/>.</returns>
    float[] Logits(ReadOnlySpan<int> ids)
    {
        using var state = NewState(1, ids.Length);
        return state.Append(ids).ToArray();
    }

    /// <summary>Judges one sequence read from its beginning. Logits that a device computed need not come to the host for it.</summary>
    /// <param name="ids">At least one token id.</param>
    /// <param name="truth">The decoder that it is compared with; null for none.</param>
    internal WindowScore Score(ReadOnlySpan<int> ids, IServedDecoder? truth) => WindowScore.Of(ids, Logits(ids), truth?.Logits(ids));
}

/// <summary>The KV cache of a batch of equally long sequences.</summary>
public interface IDecoderState : IDisposable
{
    /// <summary>The number of sequences.</summary>
    int Batch { get; }

    /// <summary>Most tokens of each sequence.</summary>
    int Capacity { get; }

    /// <summary>Tokens of each sequence so far.</summary>
    int Length { get; }

    /// <summary>Forgets all but the first <paramref name="length"/> tokens of every sequence.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many.</exception>
    void Rewind(int length);

    /// <summary>Reads further tokens of every sequence.</summary>
    /// <param name="tokens">Batch × n token ids, row-major, n at least 1.</param>
    /// <returns>Logits, batch × n × vocab, or batch × 1 × vocab of a decoder with <see cref="IServedDecoder.LastLogitsOnly"/>; valid until the
    /// next call.</returns>
    /// <exception cref="ArgumentException">The ids do not fill the sequences, or exceed the capacity.</exception>
    /// <exception cref="Errors.BadInputException">An id is outside the vocabulary, or the runtime cannot run the model.</exception>
    ReadOnlySpan<float> Append(ReadOnlySpan<int> tokens);

    /// <summary>Reads further tokens of every sequence and returns when all is computed, logits included, wherever these lie then: what a client waits for that
    /// draws tokens where the model runs. A GPU's logits are not copied to the host, which <see cref="Append"/> does.</summary>
    /// <inheritdoc cref="Append"/>
    void Advance(ReadOnlySpan<int> tokens) => Append(tokens);
}
