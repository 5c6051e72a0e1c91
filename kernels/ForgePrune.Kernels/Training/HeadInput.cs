namespace ForgePrune.Kernels;

/// <summary>Hidden states, and the head that turns them into logits.</summary>
/// <param name="rows">rows × hidden.</param>
/// <param name="head">vocab × hidden.</param>
public readonly ref struct HeadInput(ReadOnlySpan<float> rows, ReadOnlySpan<float> head, int hidden)
{
    /// <summary>rows × hidden.</summary>
    public ReadOnlySpan<float> Rows { get; } = rows;

    /// <summary>vocab × hidden.</summary>
    public ReadOnlySpan<float> Head { get; } = head;

    public int Hidden { get; } = hidden;
}
