using ForgePrune.Model;

namespace ForgePrune.Forward;

/// <summary>The forward pass of single decoder blocks. Weights are arguments, so any pruned shape runs without a model being built.
/// Positions start at 0 in every window, and attention is causal. Results are deterministic for a given number of threads.</summary>
public interface IBlockRunner : IDisposable
{
    /// <summary>The largest number of threads that a call uses. Work around it should use no more.</summary>
    int Threads { get; }

    /// <summary>x + attention(norm(x)).</summary>
    /// <param name="weights">The weights of the block.</param>
    /// <param name="norm">The RMSNorm weight, hidden values.</param>
    /// <param name="x">The residual stream, windows × tokens × hidden.</param>
    /// <param name="captureInputs">Whether to return the inputs of o_proj too (windows × tokens × queryHeads·headDim).</param>
    BlockResult Attention(AttentionWeights weights, float[] norm, Activations x, bool captureInputs = false);

    /// <summary>x + mlp(norm(x)).</summary>
    /// <param name="weights">The weights of the block.</param>
    /// <param name="norm">The RMSNorm weight, hidden values.</param>
    /// <param name="x">The residual stream, windows × tokens × hidden.</param>
    /// <param name="captureInputs">Whether to return the inputs of down_proj too (windows × tokens × ffn).</param>
    BlockResult Mlp(MlpWeights weights, float[] norm, Activations x, bool captureInputs = false);

    /// <summary>The logits of some rows of the residual stream after the last layer; the final norm is applied first.</summary>
    /// <param name="finalNorm">The RMSNorm weight, hidden values.</param>
    /// <param name="head">The output head, vocab × hidden.</param>
    /// <param name="x">The residual stream, windows × tokens × hidden.</param>
    /// <param name="rows">Indices of rows of <paramref name="x"/>.</param>
    /// <returns>rows.Length × vocab, row-major.</returns>
    float[] Logits(float[] finalNorm, Matrix head, Activations x, ReadOnlySpan<int> rows);

    /// <inheritdoc cref="Logits(float[], Matrix, Activations, ReadOnlySpan{int})"/>
    /// <param name="logits">Receives the logits, rows.Length × vocab: a buffer that large is worth reusing.</param>
    void Logits(float[] finalNorm, Matrix head, Activations x, ReadOnlySpan<int> rows, float[] logits) =>
        Logits(finalNorm, head, x, rows).CopyTo(logits, 0);

    /// <summary>Whether predictions are judged where their logits are computed, by <see cref="Score"/>: worth it where logits would have to be fetched from a
    /// device. Else <see cref="Logits(float[], Matrix, Activations, ReadOnlySpan{int}, float[])"/> gives them.</summary>
    internal bool Scores => false;

    /// <summary>Losses and divergences of some rows, without their logits.</summary>
    /// <exception cref="NotSupportedException"><see cref="Scores"/> is not set.</exception>
    internal HeadScores Score(HeadQuestion question) => throw new NotSupportedException("this runner gives logits");

    /// <summary>Gives memory back that only the next call would want.</summary>
    void Rest()
    {
    }

    /// <summary>The block for several calls, between which its weights stay where they are computed with.</summary>
    /// <param name="weights">The weights of the block; they must not change while it is held.</param>
    /// <param name="norm">The RMSNorm weight, hidden values.</param>
    internal IHeldBlock Hold(AttentionWeights weights, float[] norm) => new CalledBlock((x, captures) => Attention(weights, norm, x, captures));

    /// <inheritdoc cref="Hold(AttentionWeights, float[])"/>
    internal IHeldBlock Hold(MlpWeights weights, float[] norm) => new CalledBlock((x, captures) => Mlp(weights, norm, x, captures));

    /// <summary>Whether the runner takes weights in two bytes as they are stored. Layers are then read ahead, and not widened before they are asked
    /// for.</summary>
    internal bool TakesNarrow => false;

    /// <summary>A model's embedding, of which the host looks rows up: as it is stored where the runner takes that, beside a head that is not widened
    /// either.</summary>
    internal Matrix EmbeddingOf(IDecoderModel model) => TakesNarrow ? model.ReadStoredEmbedding() : model.ReadEmbedding();

    /// <summary>A model's output head, as it is stored where the runner takes that.</summary>
    internal Matrix HeadOf(IDecoderModel model) => TakesNarrow ? model.ReadStoredHead() : model.ReadHead();
}

/// <summary>The result of one block.</summary>
/// <param name="Output">The residual stream after the block, windows × tokens × hidden.</param>
/// <param name="Inputs">The inputs of the block's output projection, windows × tokens × width; null where they were not asked for.</param>
public readonly record struct BlockResult(Activations Output, Activations? Inputs);
