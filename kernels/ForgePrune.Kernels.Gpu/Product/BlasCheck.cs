namespace ForgePrune.Kernels.Gpu;

/// <summary>A library's products beside ours on the same device, before any work is left to it: both ways that an operand may lie, gaps between rows, a sum
/// onto the old C, and shapes that are no multiple of anything.</summary>
internal static class BlasCheck
{
    private const int M = 5, N = 7, K = 9, Gap = 2;
    private const double Alpha = 0.75, Beta = -0.5;

    /// <returns>Why its products cannot be used, as a clause; null where they agree with ours.</returns>
    public static string? Fault(GpuDevice device, IBlas blas)
    {
        foreach (var byRowsA in new[] { true, false })
            foreach (var byRowsB in new[] { true, false })
            {
                var doubles = Difference(device, blas, byRowsA, byRowsB);
                // Sums of some ten terms below 1 in another order, and two roundings at the end.
                if (!(doubles <= 1e-14))
                    return FormattableString.Invariant($"{blas.Name} differs from our product in float64 by {doubles:g2}");
                var floats = device.Lanes < FloatTile.Lanes ? 0 : FloatDifference(device, blas, byRowsA, byRowsB);
                if (!(floats <= 1e-5))
                    return FormattableString.Invariant($"{blas.Name} differs from our product in float32 by {floats:g2}");
            }
        return null;
    }

    private static double Difference(GpuDevice device, IBlas blas, bool byRowsA, bool byRowsB)
    {
        using DeviceMatrix<double> a = Made(device, byRowsA ? M : K, (byRowsA ? K : M) + Gap, 1), b = Made(device, byRowsB ? N : K, (byRowsB ? K : N) + Gap, 2);
        using DeviceMatrix<double> ours = Made(device, M, N + Gap, 3), theirs = Made(device, M, N + Gap, 3);
        Run(new GpuProduct(device), ours);
        Run(new GpuProduct(device, blas), theirs);
        return Largest(Values(ours), Values(theirs));

        void Run(GpuProduct product, DeviceMatrix<double> c) =>
            product.Multiply(Operand(a, byRowsA), Operand(b, byRowsB), c.View, c.Cols, M, N, K, Alpha, Beta);
    }

    private static double FloatDifference(GpuDevice device, IBlas blas, bool byRowsA, bool byRowsB)
    {
        using DeviceMatrix<float> a = Narrow(device, byRowsA ? M : K, byRowsA ? K : M, 4), b = Narrow(device, byRowsB ? N : K, byRowsB ? K : N, 5);
        using DeviceMatrix<float> ours = Narrow(device, M, N, 6), theirs = Narrow(device, M, N, 6);
        Run(new GpuFloatProduct(device), ours);
        Run(new GpuFloatProduct(device, blas), theirs);
        float[] x = new float[M * N], y = new float[M * N];
        ours.Download(x, N);
        theirs.Download(y, N);
        return Largest(Array.ConvertAll(x, value => (double)value), Array.ConvertAll(y, value => (double)value));

        void Run(GpuFloatProduct product, DeviceMatrix<float> c) => product.Multiply(
            byRowsA ? Transpose.No : Transpose.Yes, byRowsB ? Transpose.Yes : Transpose.No, (float)Alpha, a, b, (float)Beta, c);
    }

    private static DeviceOperand<double> Operand(DeviceMatrix<double> matrix, bool byRows) =>
        byRows ? DeviceOperand<double>.Rows(matrix.View, matrix.Cols) : DeviceOperand<double>.Columns(matrix.View, matrix.Cols);

    private static DeviceMatrix<double> Made(GpuDevice device, int rows, int cols, int seed)
    {
        var matrix = new DeviceMatrix<double>(device, rows, cols);
        matrix.Upload(Numbers(rows * cols, seed), cols);
        return matrix;
    }

    private static DeviceMatrix<float> Narrow(GpuDevice device, int rows, int cols, int seed)
    {
        var matrix = new DeviceMatrix<float>(device, rows, cols);
        matrix.Upload(Array.ConvertAll(Numbers(rows * cols, seed), value => (float)value), cols);
        return matrix;
    }

    private static double[] Numbers(int count, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextDouble() * 2 - 1)];
    }

    private static double[] Values(DeviceMatrix<double> matrix)
    {
        var values = new double[matrix.Rows * matrix.Cols];
        matrix.Download(values, matrix.Cols);
        return values;
    }

    // Max passes over NaN.
    private static double Largest(double[] x, double[] y) =>
        x.Zip(y, (a, b) => double.IsFinite(b) ? Math.Abs(a - b) : double.PositiveInfinity).Max();
}
