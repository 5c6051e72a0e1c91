namespace ForgePrune.Kernels;

/// <summary>Exchanges rows and columns on the way from one place to another.</summary>
internal static unsafe class Transpose
{
    // Eight doubles are a cache line: a square of eight lines read and eight written survives in level 1 even where the stride is a power of two
    // and all lines of a side fall into one set.
    private const int Edge = 8;

    /// <summary>target (cols × rows) = sourceᵀ for source (rows × cols); the two must not overlap.</summary>
    public static void Copy(double* source, nint sourceStride, int rows, int cols, double* target, nint targetStride)
    {
        for (var row = 0; row < rows; row += Edge)
            for (var col = 0; col < cols; col += Edge)
            {
                int height = Math.Min(Edge, rows - row), width = Math.Min(Edge, cols - col);
                double* from = source + row * sourceStride + col, to = target + col * targetStride + row;
                if (height == Edge)
                    for (var c = 0; c < width; c++, to += targetStride, from++)
                        for (var r = 0; r < Edge; r++)
                            to[r] = from[r * sourceStride];
                else
                    for (var c = 0; c < width; c++, to += targetStride, from++)
                        for (var r = 0; r < height; r++)
                            to[r] = from[r * sourceStride];
            }
    }
}
