namespace ForgePrune.Kernels;

/// <summary>Rows in blocks of a fixed height. What rows add up to, as the gradient of a weight that all of them share, is summed inside each block and
/// then block after block: the same for every number of threads.</summary>
internal static unsafe class RowBlocks
{
    private const int Height = 128;

    public delegate void Work(int firstRow, int rows, Span<float> sum);

    public static int Count(int rows) => (rows + Height - 1) / Height;

    public static void For(int rows, int threads, Action<int, int> work) =>
        Workers.For(Count(rows), threads, block => work(block * Height, Math.Min(Height, rows - block * Height)));

    /// <summary>total (width) += Σ over the blocks of what <paramref name="work"/> leaves in a sum that starts at zero.</summary>
    public static void Sum(int rows, int width, Span<float> total, int threads, Work work)
    {
        if (rows == 0)
            return;
        using var scratch = new Scratch<float>((long)Count(rows) * width);
        var sums = scratch.Pointer;
        For(rows, threads, (first, count) =>
        {
            var sum = new Span<float>(sums + (nint)(first / Height) * width, width);
            sum.Clear();
            work(first, count, sum);
        });
        for (var block = 0; block < Count(rows); block++)
            Sums.Add(new ReadOnlySpan<float>(sums + (nint)block * width, width), total);
    }
}
