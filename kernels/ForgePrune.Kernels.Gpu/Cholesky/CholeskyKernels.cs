using ILGPU;

namespace ForgePrune.Kernels.Gpu;

/// <summary>The diagonal blocks of a Cholesky factor; everything else of it is products (<see cref="GpuCholesky"/>).</summary>
internal static class CholeskyKernels
{
    /// <summary>Rows of a diagonal block: two blocks of 32 × 33 doubles take 17 KiB of shared memory.</summary>
    public const int Block = 32;

    // One more than a block, so that a column does not lie in one bank.
    private const int Stride = Block + 1;

    /// <summary>
    /// One group. Replaces the lower half of the block at (first, first) of A (rows of <paramref name="stride"/>) by its factor L and writes L⁻¹, with zeros
    /// above the diagonal, to the same rows of <paramref name="inverses"/> (rows of <see cref="Block"/>). A pivot that is not positive is told in
    /// <paramref name="status"/>[0] as its index plus one, the first one only, and stands as 1 from then on.
    /// </summary>
    public static void Diagonal(ArrayView<double> a, int stride, int first, int size, ArrayView<double> inverses, ArrayView<int> status)
    {
        var factor = SharedMemory.Allocate<double>(Block * Stride);
        var inverse = SharedMemory.Allocate<double>(Block * Stride);
        for (var element = Group.IdxX; element < size * size; element += Group.DimX)
        {
            int row = element / size, col = element % size;
            factor[row * Stride + col] = a[(long)(first + row) * stride + first + col];
            inverse[row * Stride + col] = row == col ? 1.0 : 0.0;
        }
        Group.Barrier();
        for (var j = 0; j < size; j++)
        {
            if (Group.IdxX == 0)
            {
                var pivot = factor[j * Stride + j];
                // NaN is asked for by name: "not greater" is "less or equal" in ILGPU's OpenCL.
                if (pivot <= 0 || double.IsNaN(pivot))
                {
                    if (status[0] == 0)
                        status[0] = first + j + 1;
                    pivot = 1;
                }
                factor[j * Stride + j] = Math.Sqrt(pivot);
            }
            Group.Barrier();
            var root = factor[j * Stride + j];
            for (var row = j + 1 + Group.IdxX; row < size; row += Group.DimX)
                factor[row * Stride + j] /= root;
            Group.Barrier();
            for (var element = Group.IdxX; element < size * size; element += Group.DimX)
            {
                int row = element / size, col = element % size;
                if (col > j && row >= col)
                    factor[row * Stride + col] -= factor[row * Stride + j] * factor[col * Stride + j];
            }
            Group.Barrier();
        }
        // A lane solves L x = e for columns of its own.
        for (var col = Group.IdxX; col < size; col += Group.DimX)
            for (var row = col; row < size; row++)
            {
                var sum = inverse[row * Stride + col];
                for (var k = col; k < row; k++)
                    sum -= factor[row * Stride + k] * inverse[k * Stride + col];
                inverse[row * Stride + col] = sum / factor[row * Stride + row];
            }
        Group.Barrier();
        for (var element = Group.IdxX; element < size * size; element += Group.DimX)
        {
            int row = element / size, col = element % size;
            if (col <= row)
                a[(long)(first + row) * stride + first + col] = factor[row * Stride + col];
            inverses[(long)(first + row) * Block + col] = inverse[row * Stride + col];
        }
    }

    /// <summary>One lane for each element of a (n × n): what lies above the diagonal becomes zero.</summary>
    public static void ClearUpper(Index1D element, ArrayView<double> a, int n)
    {
        int row = element / n, col = element % n;
        if (col > row)
            a[(long)row * n + col] = 0;
    }

    /// <summary>One lane for each element: target (rows × cols) = scale · source, each with rows of its own stride.</summary>
    public static void CopyScaled(Index1D element, ArrayView<double> source, int sourceStride, ArrayView<double> target, int targetStride, int cols,
        double scale)
    {
        int row = element / cols, col = element % cols;
        target[(long)row * targetStride + col] = scale * source[(long)row * sourceStride + col];
    }
}
