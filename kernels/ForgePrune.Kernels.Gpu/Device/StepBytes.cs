namespace ForgePrune.Kernels.Gpu;

/// <summary>Bytes of a device's memory that the steps of pruning take at most; tests hold them to it.</summary>
internal static class StepBytes
{
    /// <summary>Kernels count the elements of a matrix in 32 bits: √(2³¹ − 1) columns of a square one.</summary>
    public const int MostCols = 46_340;

    /// <summary>Whether kernels count all matrices of a layer.</summary>
    public static bool AreCountable(int rows, int cols) => cols <= MostCols && (long)rows * cols <= int.MaxValue;

    /// <summary>P and G, and the weights while G is made.</summary>
    public static long Order(int n, int rows) => sizeof(double) * (long)n * (2L * n + rows) + Workspace(n);

    /// <summary>P and G twice, and for a group of all columns six matrices of the same size beside them, with a workspace of its own; or the weights.</summary>
    public static long Groups(int n, int rows) => sizeof(double) * (long)n * (4L * n + Math.Max(6L * n, rows)) + 2 * Workspace(n);

    /// <summary>Two matrices of H's size while it is permuted or inverted, or one and a pair of rows × n while the targets are made.</summary>
    public static long Factor(int n, int rows) => sizeof(double) * (long)n * (n + Math.Max(n, 2L * rows)) + Workspace(n);

    // The vectors and pending rows of the elimination, 132·n doubles, and the blocks of the factor, 64·n.
    private static long Workspace(int n) => sizeof(double) * (200L * n + 128);
}
