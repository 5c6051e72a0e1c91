using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>Copies of chosen rows or columns; one lane for each element of the target.</summary>
internal static class GatherKernels
{
    /// <summary>target (indices × cols, contiguous) = source[indices, :].</summary>
    public static void Rows(Index1D element, ArrayView<double> source, int stride, ArrayView<int> indices, int cols, ArrayView<double> target)
    {
        int row = element / cols, col = element % cols;
        target[(long)row * cols + col] = source[(long)indices[row] * stride + col];
    }

    /// <summary>target (rows × indices, contiguous) = source[:, indices].</summary>
    public static void Columns(Index1D element, ArrayView<double> source, int stride, ArrayView<int> indices, int cols, ArrayView<double> target)
    {
        int row = element / cols, col = element % cols;
        target[(long)row * cols + col] = source[(long)row * stride + indices[col]];
    }
}
