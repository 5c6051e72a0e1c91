using ForgePrune.Model;

namespace ForgePrune.Forward;

/// <summary>Runs single decoder blocks whose weights are inputs, so that any pruned shape runs without building anything.
/// Positions start at 0 in every window. Results are deterministic for a given thread count.</summary>
public interface IBlockRunner : IDisposable
{
    /// <summary>Threads a run may take; work around it should take no more.</summary>
    int Threads { get; }

    /// <summary>x + attention(norm(x)). With <paramref name="captureInputs"/> also the inputs of o_proj (width queryHeads·headDim).</summary>
    BlockResult Attention(AttentionWeights weights, float[] norm, Activations x, bool captureInputs = false);

    /// <summary>x + mlp(norm(x)). With <paramref name="captureInputs"/> also the inputs of down_proj (width ffn).</summary>
    BlockResult Mlp(MlpWeights weights, float[] norm, Activations x, bool captureInputs = false);

    /// <summary>Logits of the given rows of <paramref name="x"/> (rows.Length × vocab), final norm included.</summary>
    float[] Logits(float[] finalNorm, Matrix head, Activations x, ReadOnlySpan<int> rows);

    /// <summary>The same into <paramref name="logits"/> (rows.Length × vocab): a buffer of this size is worth keeping.</summary>
    void Logits(float[] finalNorm, Matrix head, Activations x, ReadOnlySpan<int> rows, float[] logits) =>
        Logits(finalNorm, head, x, rows).CopyTo(logits, 0);

    /// <summary>Gives memory back that only the next call would want.</summary>
    void Rest()
    {
    }
}

/// <param name="Output">The residual stream after the block (windows × tokens × hidden).</param>
/// <param name="Inputs">What entered the block's output projection, if it was asked for.</param>
public readonly record struct BlockResult(Activations Output, Activations? Inputs);
