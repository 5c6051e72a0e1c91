namespace ForgePrune.Checkpoints;

/// <summary>Two conventions name the pairs that rotary embedding turns: llama2.c turns rows (2i, 2i + 1) of a head, Hugging Face and ForgePrune
/// rows (i, i + headDim / 2). Reordering the rows of q and k alike leaves every dot product of a query with a key as it was.</summary>
internal static class RotaryOrder
{
    /// <param name="interleaved">rows × cols, rows a multiple of <paramref name="headDim"/>.</param>
    public static float[] ToHalfSplit(float[] interleaved, int rows, int cols, int headDim)
    {
        var halves = GC.AllocateUninitializedArray<float>(interleaved.Length);
        for (int row = 0; row < rows; row++)
            interleaved.AsSpan(row * cols, cols).CopyTo(halves.AsSpan(HalfSplitRow(row, headDim) * cols, cols));
        return halves;
    }

    /// <summary>The row that in Hugging Face's order is what row <paramref name="interleaved"/> is where neighbors turn.</summary>
    public static int HalfSplitRow(int interleaved, int headDim)
    {
        int head = interleaved / headDim * headDim, i = interleaved % headDim;
        return head + (i / 2) + (i % 2 * (headDim / 2));
    }
}
