using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>The way to a library of products, with one on the host in the place of cuBLAS, which no device here has.</summary>
[TestFixtureSource(typeof(Devices), nameof(Devices.Names))]
[NonParallelizable]
public sealed class BlasTests(string name)
{
    // No element, one, one row or column of a wider matrix, and no depth.
    [TestCase(0, 3, 2)]
    [TestCase(1, 1, 1)]
    [TestCase(3, 5, 0)]
    [TestCase(1, 4, 3)]
    [TestCase(4, 1, 3)]
    [TestCase(4, 3, 1)]
    [TestCase(5, 7, 9)]
    public void Products_by_a_library_are_the_plain_sums(int m, int n, int k)
    {
        var device = Devices.Open(name);
        var random = Kernels.Tests.Made.Random(m * 100 + n * 10 + k);
        foreach (var gap in new[] { 0, 2 })
            foreach (var (plainA, plainB, beta) in new[] { (true, true, 0.0), (true, false, 1.0), (false, true, -0.5), (false, false, 0.0) })
            {
                using var blas = new HostBlas();
                int strideA = (plainA ? k : m) + gap, strideB = (plainB ? n : k) + gap, strideC = n + gap;
                double[] a = Kernels.Tests.Made.Doubles(random, (plainA ? m : k) * strideA), b = Kernels.Tests.Made.Doubles(random, (plainB ? k : n) * strideB),
                    c = Kernels.Tests.Made.Doubles(random, m * strideC);
                var expected = (double[])c.Clone();
                ProductReference.Multiply(plainA ? Transpose.No : Transpose.Yes, plainB ? Transpose.No : Transpose.Yes, m, n, k, 0.7, a, strideA, b, strideB,
                    beta, expected, strideC);
                using DeviceMatrix<double> onA = On(device, a), onB = On(device, b), onC = On(device, c);
                new GpuProduct(device, blas).Multiply(
                    plainA ? DeviceOperand<double>.Rows(onA.View, strideA) : DeviceOperand<double>.Columns(onA.View, strideA),
                    plainB ? DeviceOperand<double>.Columns(onB.View, strideB) : DeviceOperand<double>.Rows(onB.View, strideB), onC.View, strideC, m, n, k, 0.7,
                    beta);
                onC.Download(c, c.Length);
                Assert.That(Kernels.Tests.Made.LargestDifference(c, expected),
                    Is.LessThanOrEqualTo(Kernels.Tests.Made.DoubleEpsilon * (k + 2) * (k + 2)), $"{plainA}, {plainB}, gap {gap}");
                Assert.That(blas.Calls, Is.EqualTo(m * n * k == 0 ? 0 : 1));
            }
    }

    [Test]
    public void An_operand_with_gaps_in_both_directions_is_left_to_our_kernel()
    {
        var device = Devices.Open(name);
        using var blas = new HostBlas();
        using DeviceMatrix<double> a = On(device, [1, 0, 2, 0, 3, 0, 4]), c = On(device, new double[4]);
        var operand = new DeviceOperand<double>(a.View, 4, 2);
        new GpuProduct(device, blas).Multiply(operand, operand, c.View, 2, 2, 2, 2, 1, 0);
        var product = new double[4];
        c.Download(product, 4);
        Assert.That(product, Is.EqualTo(new double[] { 5, 11, 11, 25 }));
        Assert.That(blas.Calls, Is.Zero);
    }

    [Test]
    [Category("Slow")]
    public void Every_step_of_pruning_agrees_with_the_processor_and_names_the_library()
    {
        const int n = 37, rows = 9;
        using var blas = new HostBlas();
        using var gpu = new GpuPruning(Devices.Open(name), threads: 1, null, GramPrecision.F32, blas);
        var random = Kernels.Tests.Made.Random(2200);
        var (h, w) = (Kernels.Tests.Made.Spd(random, n, n), Kernels.Tests.Made.Doubles(random, rows * n));
        IPruningDevice off = new CpuDevice(1);
        var (actual, expected) = (gpu.Order(h, n, w, rows, []), off.Order(h, n, w, rows, []));
        Assert.That(actual.Order, Is.EqualTo(expected.Order));
        int[] order = [.. expected.Order.Reverse()];
        var (on, reference) = (gpu.FactorOfWeights(h, n, w, rows, order), off.FactorOfWeights(h, n, w, rows, order));
        // Conditions of a few hundred in float64.
        Assert.That(Kernels.Tests.Made.LargestDifference([.. on.Errors], [.. reference.Errors]), Is.LessThanOrEqualTo(1e-10 * (1 + reference.Errors[0])));
        Assert.That(blas.Calls, Is.GreaterThan(10));
        Assert.That(gpu.Name, Does.EndWith(", kernels 3, products by host 1"));
    }

    [Test]
    [Category("Slow")]
    public void A_library_that_agrees_with_our_products_is_taken()
    {
        foreach (var device in new[] { Devices.OpenWide(name), Devices.Open(name) }.Distinct())
        {
            using var blas = new HostBlas();
            Assert.That(BlasCheck.Fault(device, blas), Is.Null);
            Assert.That(blas.Calls, Is.EqualTo(device.Lanes < FloatTile.Lanes ? 4 : 8));
        }
    }

    [TestCase(nameof(HostBlas.ForgetsA))]
    [TestCase(nameof(HostBlas.ForgetsB))]
    [TestCase(nameof(HostBlas.ForgetsBeta))]
    [TestCase(nameof(HostBlas.IsBroken))]
    public void One_that_does_not_is_told_by_name(string fault)
    {
        using var blas = new HostBlas
        {
            ForgetsA = fault == nameof(HostBlas.ForgetsA),
            ForgetsB = fault == nameof(HostBlas.ForgetsB),
            ForgetsBeta = fault == nameof(HostBlas.ForgetsBeta),
            IsBroken = fault == nameof(HostBlas.IsBroken),
        };
        Assert.That(BlasCheck.Fault(Devices.Open(name), blas), Does.StartWith("host 1 differs from our product in float64 by"));
    }

    [Test]
    public void Cublas_is_for_cuda_alone()
    {
        var device = Devices.Open(name);
        var (products, fault) = CuBlasProducts.Open(device);
        using (products)
            Assert.That(products is not null || fault!.Length > 0);
        if (name != "cuda")
            Assert.That(fault, Is.EqualTo("cuBLAS needs CUDA"));
    }

    private static DeviceMatrix<double> On(GpuDevice device, double[] values)
    {
        var matrix = new DeviceMatrix<double>(device, 1, values.Length);
        matrix.Upload(values, values.Length);
        return matrix;
    }

    /// <summary>The definition of BLAS, element by element, with faults on demand.</summary>
    private sealed class HostBlas : IBlas
    {
        public string Name => "host 1";

        public int Calls { get; private set; }

        public bool ForgetsA { get; init; }

        public bool ForgetsB { get; init; }

        public bool ForgetsBeta { get; init; }

        public bool IsBroken { get; init; }

        public void Multiply(bool transposesA, bool transposesB, int m, int n, int k, double alpha, ArrayView<double> a, int aStride, ArrayView<double> b,
            int bStride, double beta, ArrayView<double> c, int cStride)
        {
            Calls++;
            var (left, right, target) = (Values(a), Values(b), Values(c));
            Require(aStride >= (transposesA ? k : m) && bStride >= (transposesB ? n : k) && cStride >= m);
            for (var row = 0; row < m; row++)
                for (var col = 0; col < n; col++)
                {
                    var sum = 0.0;
                    for (var d = 0; d < k; d++)
                        sum += left[At(transposesA && !ForgetsA, row, d, aStride) % left.Length] * right[At(transposesB && !ForgetsB, d, col, bStride) % right.Length];
                    ref var element = ref target[row + col * cStride];
                    element = alpha * (IsBroken ? double.NaN : sum) + (beta == 0 || ForgetsBeta ? 0 : beta * element);
                }
            c.CopyFromCPU<double, ArrayView<double>>((ReadOnlySpan<double>)target);
        }

        public void Multiply(bool transposesA, bool transposesB, int m, int n, int k, float alpha, ArrayView<float> a, int aStride, ArrayView<float> b,
            int bStride, float beta, ArrayView<float> c, int cStride)
        {
            Calls++;
            var (left, right, target) = (Values(a), Values(b), Values(c));
            Require(aStride >= (transposesA ? k : m) && bStride >= (transposesB ? n : k) && cStride >= m);
            for (var row = 0; row < m; row++)
                for (var col = 0; col < n; col++)
                {
                    var sum = 0f;
                    for (var d = 0; d < k; d++)
                        sum += left[At(transposesA, row, d, aStride)] * right[At(transposesB, d, col, bStride)];
                    ref var element = ref target[row + col * cStride];
                    element = alpha * sum + (beta == 0 ? 0 : beta * element);
                }
            c.CopyFromCPU<float, ArrayView<float>>((ReadOnlySpan<float>)target);
        }

        // Column by column.
        private static int At(bool transposes, int row, int col, int stride) => transposes ? col + row * stride : row + col * stride;

        private static T[] Values<T>(ArrayView<T> view) where T : unmanaged
        {
            var values = new T[view.Length];
            view.CopyToCPU<T, ArrayView<T>>(values.AsSpan());
            return values;
        }

        // What cuBLAS answers with CUBLAS_STATUS_INVALID_VALUE.
        private static void Require(bool holds) => Assert.That(holds, "a stride is below the rows of its matrix");

        public void Dispose()
        {
        }
    }
}
