namespace ForgePrune.Kernels;

/// <summary>Hidden states, and the output head that turns them into logits.</summary>
/// <param name="rows">Hidden states, rows × hidden, row-major without gaps.</param>
/// <param name="head">Output head, vocab × hidden, row-major without gaps.</param>
/// <param name="hidden">Columns of both.</param>
public readonly ref struct HeadInput(ReadOnlySpan<float> rows, ReadOnlySpan<float> head, int hidden)
{
    /// <summary>The hidden states, rows × hidden.</summary>
    public ReadOnlySpan<float> Rows { get; } = rows;

    /// <summary>The output head, vocab × hidden.</summary>
    public ReadOnlySpan<float> Head { get; } = head;

    /// <summary>The number of columns of both.</summary>
    public int Hidden { get; } = hidden;

    /// <summary>The bound c of logits, which become c·tanh(z/c) (Gemma 2); null for none.</summary>
    public float? Cap { get; init; }
}
