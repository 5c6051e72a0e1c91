namespace ForgePrune.Kernels.Gpu.Tests;

[TestFixtureSource(typeof(Devices), nameof(Devices.Names))]
[NonParallelizable]
public sealed class FloatProductTests(string name)
{
    [TestCase(0, 3, 2)]
    [TestCase(1, 1, 1)]
    [TestCase(3, 5, 0)]
    [TestCase(4, 8, 12)]
    [TestCase(17, 15, 9)]
    [TestCase(131, 6, 7)]
    [TestCase(8, 132, 16)]
    [Category("Slow")]
    public void Equals_the_float64_sums(int m, int n, int k)
    {
        var device = Devices.OpenWide(name);
        var product = new GpuFloatProduct(device);
        var random = Kernels.Tests.Made.Random(m * 100 + n * 10 + k);
        foreach (var (transposeA, transposeB, beta) in new[] { (Transpose.No, Transpose.No, 0f), (Transpose.No, Transpose.Yes, 1f),
            (Transpose.Yes, Transpose.No, -0.5f) })
        {
            bool plainA = transposeA == Transpose.No, plainB = transposeB == Transpose.No;
            float[] a = Kernels.Tests.Made.Floats(random, m * k), b = Kernels.Tests.Made.Floats(random, k * n), c = Kernels.Tests.Made.Floats(random, m * n);
            var expected = Array.ConvertAll(c, value => (double)value);
            ProductReference.Multiply<float>(transposeA, transposeB, m, n, k, 0.75, a, plainA ? k : m, b, plainB ? n : k, beta, expected, n);
            if (beta == 0)
                Array.Fill(c, float.NaN);
            using DeviceMatrix<float> onA = On(device, a, plainA ? m : k, plainA ? k : m), onB = On(device, b, plainB ? k : n, plainB ? n : k),
                onC = On(device, c, m, n);
            product.Multiply(transposeA, transposeB, 0.75f, onA, onB, beta, onC);
            var actual = new float[m * n];
            onC.Download(actual, n);
            // k products below 1 in float32 and two roundings at the end, each step off by at most ε/2 of a sum below k.
            Assert.That(Kernels.Tests.Made.LargestDifference(Array.ConvertAll(actual, value => (double)value), expected),
                Is.LessThanOrEqualTo(Kernels.Tests.Made.FloatEpsilon * (k + 2) * (k + 2)));
        }
    }

    [Test]
    [Category("Slow")]
    public void Shapes_that_do_not_match_are_refused()
    {
        var device = Devices.OpenWide(name);
        using DeviceMatrix<float> a = new(device, 2, 3), b = new(device, 4, 5), c = new(device, 2, 5);
        Assert.That(() => new GpuFloatProduct(device).Multiply(Transpose.No, Transpose.No, 1, a, b, 0, c),
            Throws.ArgumentException.With.Message.Contains("2 x 3"));
    }

    [Test]
    public void A_device_of_narrow_groups_is_refused()
    {
        using var narrow = GpuDevice.Open("ilgpu-cpu:4");
        Assert.That(() => new GpuFloatProduct(narrow), Throws.TypeOf<GpuDeviceException>().With.Message.Contains("groups of 4 lanes"));
    }

    private static DeviceMatrix<float> On(GpuDevice device, float[] values, int rows, int cols)
    {
        var matrix = new DeviceMatrix<float>(device, rows, cols);
        matrix.Upload(values, cols);
        return matrix;
    }
}
