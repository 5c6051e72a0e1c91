using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>What the removal of blocks needs besides products.</summary>
internal static class GroupKernels
{
    /// <summary>One lane for each column: dots[col] = Σ over rows of a · b, in the order of the rows. Of symmetric matrices the sum of all dots is
    /// tr(A·B).</summary>
    public static void ColumnDots(Index1D col, ArrayView<double> a, ArrayView<double> b, int rows, int cols, ArrayView<double> dots)
    {
        var sum = 0.0;
        for (var row = 0; row < rows; row++)
            sum += a[(long)row * cols + col] * b[(long)row * cols + col];
        dots[col] = sum;
    }
}
