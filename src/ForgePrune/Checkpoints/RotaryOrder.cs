namespace ForgePrune.Checkpoints;

/// <summary>Two conventions name the pairs that rotary embedding turns: llama2.c turns rows (2i, 2i + 1) of a head, Hugging Face and ForgePrune
/// rows (i, i + headDim / 2). Reordering the rows of q and k alike leaves every dot product of a query with a key as it was.</summary>
internal static class RotaryOrder
{
    /// <param name="interleaved">rows × cols, rows a multiple of <paramref name="headDim"/>.</param>
    public static float[] ToHalfSplit(float[] interleaved, int rows, int cols, int headDim)
    {
        var halves = GC.AllocateUninitializedArray<float>(interleaved.Length);
        int half = headDim / 2;
        for (int row = 0; row < rows; row++)
        {
            int head = row / headDim * headDim, i = row % headDim;
            int from = head + (i < half ? 2 * i : (2 * (i - half)) + 1);
            interleaved.AsSpan(from * cols, cols).CopyTo(halves.AsSpan(row * cols, cols));
        }

        return halves;
    }
}
