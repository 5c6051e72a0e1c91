namespace ForgePrune.Kernels;

/// <summary>Completes matrices of which only the lower half was computed.</summary>
internal static unsafe class Symmetric
{
    // Rows mirrored by one piece of work.
    private const int Tile = 32;

    /// <summary>Copies the part below the diagonal of A (n × n) to the part above it.</summary>
    public static void MirrorLower(LongSpan<double> a, int n, int stride, int threads)
    {
        Shape.Require<double>(a, n, n, stride);
        fixed (double* p = a)
            MirrorLower(p, n, stride, threads);
    }

    internal static void MirrorLower(double* a, int n, int stride, int threads)
    {
        var tiles = (n + Tile - 1) / Tile;
        Workers.For(tiles, n < 256 ? 1 : threads, reversed =>
        {
            var first = (tiles - 1 - reversed) * Tile;
            var end = Math.Min(n, first + Tile);
            var rows = a + (nint)first * stride;
            Transposition.Copy(rows, stride, end - first, first, a + first, stride);
            for (var row = first; row < end; row++)
                for (var col = first; col < row; col++)
                    a[(nint)col * stride + row] = a[(nint)row * stride + col];
        });
    }
}
