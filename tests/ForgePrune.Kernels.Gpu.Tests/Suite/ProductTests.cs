namespace ForgePrune.Kernels.Gpu.Tests;

[TestFixtureSource(typeof(Devices), nameof(Devices.Names))]
[NonParallelizable]
public sealed class ProductTests(string name)
{
    [TestCase(0, 3, 2)]
    [TestCase(1, 1, 1)]
    [TestCase(3, 5, 0)]
    [TestCase(16, 16, 16)]
    [TestCase(17, 15, 33)]
    [TestCase(40, 3, 18)]
    [Category("Slow")]
    public void Equals_the_plain_sums(int m, int n, int k)
    {
        var device = Devices.Open(name);
        var product = new GpuProduct(device);
        var random = Kernels.Tests.Made.Random(m * 100 + n * 10 + k);
        foreach (var (plainA, plainB, beta) in new[] { (true, true, 0.0), (true, false, 1.0), (false, true, -0.5) })
        {
            double[] a = Kernels.Tests.Made.Doubles(random, m * k), b = Kernels.Tests.Made.Doubles(random, k * n),
                c = Kernels.Tests.Made.Doubles(random, m * n);
            var expected = (double[])c.Clone();
            ProductReference.Multiply(plainA ? Transpose.No : Transpose.Yes, plainB ? Transpose.No : Transpose.Yes, m, n, k, 0.7, a, plainA ? k : m, b,
                plainB ? n : k, beta, expected, n);
            using DeviceMatrix<double> onA = On(device, a, plainA ? m : k, plainA ? k : m), onB = On(device, b, plainB ? k : n, plainB ? n : k),
                onC = On(device, c, m, n);
            product.Multiply(plainA ? DeviceOperand<double>.Rows(onA.View, k) : DeviceOperand<double>.Columns(onA.View, m),
                plainB ? DeviceOperand<double>.Columns(onB.View, n) : DeviceOperand<double>.Rows(onB.View, k), onC.View, n, m, n, k, 0.7, beta);
            var actual = new double[m * n];
            onC.Download(actual, n);
            // k products below 1 in float64, each order of summation off by at most k·ε of their sum.
            Assert.That(Kernels.Tests.Made.LargestDifference(actual, expected), Is.LessThanOrEqualTo(Kernels.Tests.Made.DoubleEpsilon * (k + 2) * (k + 2)));
        }
    }

    private static DeviceMatrix<double> On(GpuDevice device, double[] values, int rows, int cols)
    {
        var matrix = new DeviceMatrix<double>(device, rows, cols);
        matrix.Upload(values, cols);
        return matrix;
    }
}
