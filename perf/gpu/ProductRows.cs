using ForgePrune.Kernels;
using ForgePrune.Kernels.Gpu;
using ForgePrune.Perf;
using ILGPU;
using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace ForgePrune.GpuPerf;

/// <summary>Products of matrices that lie on the device, by our kernels and by cuBLAS as pruning calls it, and the levels of a layer with either.</summary>
internal static class ProductRows
{
    public static void Add(Table table, GpuDevice device, bool tiny)
    {
        var (blas, fault) = CuBlasProducts.Open(device);
        using (blas)
        {
            if (blas is not null)
                table.Skip($"products by {blas.Name}", $"theirs, from {blas.File}");
            else if (device.Accelerator is CudaAccelerator && CuBlasLibrary.Resolve().File is not null)
                table.Wrong("products by cuBLAS", fault!);
            else
                table.Skip("products by cuBLAS", $"left out: {fault}");
            // What the elimination of 14336 channels does every 32 removals, and a square.
            foreach (var (m, n, k) in tiny ? new[] { (9, 7, 5) } : [(14336, 14336, 64), (4096, 4096, 4096)])
            {
                if (!table.HasTime($"products of {m} x {n} x {k}", 20))
                    return;
                Doubles(table, device, blas, m, n, k);
                if (device.Lanes >= 256)
                    Floats(table, device, blas, m, n, k);
            }
            if (blas is null)
                return;
            using var pruning = new GpuPruning(device, Environment.ProcessorCount, null, GramPrecision.F32, blas);
            LevelRow.Add(table, pruning, tiny, $", products by {blas.Name}");
        }
    }

    private static void Doubles(Table table, GpuDevice device, IBlas? blas, int m, int n, int k)
    {
        using DeviceMatrix<double> a = new(device, m, k), b = new(device, k, n), ours = new(device, m, n), theirs = new(device, m, n);
        a.Upload(Made.Doubles(new Random(m), m * k), k);
        b.Upload(Made.Doubles(new Random(n), k * n), n);
        Action Run(GpuProduct product, DeviceMatrix<double> c) => () =>
        {
            product.Multiply(DeviceOperand<double>.Rows(a.View, k), DeviceOperand<double>.Columns(b.View, n), c.View, n, m, n, k, 1, 0);
            device.Accelerator.Synchronize();
        };
        Add(table, $"product f64 {m} x {n} x {k}", 2.0 * m * n * k, Run(new GpuProduct(device), ours),
            blas is null ? null : Run(new GpuProduct(device, blas), theirs), blas?.Name, () => Difference(LastRow(ours), LastRow(theirs)), k * 1e-13);
    }

    private static void Floats(Table table, GpuDevice device, IBlas? blas, int m, int n, int k)
    {
        using DeviceMatrix<float> a = new(device, m, k), b = new(device, k, n), ours = new(device, m, n), theirs = new(device, m, n);
        a.Upload(Made.Floats(new Random(m), m * k), k);
        b.Upload(Made.Floats(new Random(n), k * n), n);
        Action Run(GpuFloatProduct product, DeviceMatrix<float> c) => () =>
        {
            product.Multiply(Transpose.No, Transpose.No, 1, a, b, 0, c);
            device.Accelerator.Synchronize();
        };
        Add(table, $"product f32 {m} x {n} x {k}", 2.0 * m * n * k, Run(new GpuFloatProduct(device), ours),
            blas is null ? null : Run(new GpuFloatProduct(device, blas), theirs), blas?.Name,
            () => Difference(Array.ConvertAll(LastRow(ours), Wide), Array.ConvertAll(LastRow(theirs), Wide)), k * 1e-5);

        static double Wide(float value) => value;
    }

    private static void Add(
        Table table, string what, double operations, Action ours, Action? theirs, string? name, Func<double> difference, double allowed)
    {
        if (theirs is not null)
        {
            ours();
            theirs();
            if (difference() is var found && !(found <= allowed))
            {
                table.Wrong(what, FormattableString.Invariant($"{name} differs from ours by {found:g3}, allowed {allowed:g3}"));
                return;
            }
        }
        table.Add(what, operations, ours, theirs, name ?? "");
    }

    private static T[] LastRow<T>(DeviceMatrix<T> matrix) where T : unmanaged
    {
        var row = new T[matrix.Cols];
        matrix.From(matrix.Rows - 1, 0).CopyToCPU(row);
        return row;
    }

    // Max passes over NaN.
    private static double Difference(double[] x, double[] y) =>
        x.Zip(y, (a, b) => double.IsFinite(b) ? Math.Abs(a - b) : double.PositiveInfinity).Max();
}
