using ForgePrune.Ilgpu;

namespace ForgePrune.Kernels.Gpu.StandIn.Tests.Faults;

/// <summary>Every barrier of every kernel is left out once: the simulation sees what each is for, and tells one that could go.</summary>
public sealed class BarrierTests
{
    private static readonly Dictionary<string, Action<GpuDevice>> Uses = new()
    {
        // Deeper than a slice of the product, so that its loop turns.
        ["gram_f32"] = device => Gram(device, 17, 9),
        ["gram_mirror"] = device => Gram(device, 1, 3),
        ["product_f64"] = device => Product(device, 17),
        ["product_f32"] = device => FloatProduct(device, 17),
        ["cholesky_diagonal"] = device => Factor(device, 5),
        ["elimination_choose"] = device => Eliminate(device, 5),
    };

    // The first pivot is loaded by the lane that uses it, and the next barrier comes before anything else is read. It costs next to nothing and does
    // not depend on which lane loads what.
    private static readonly (string Kernel, int Barrier)[] Spare = [("cholesky_diagonal", 0)];

    private static IEnumerable<object[]> Cases =>
        from kernel in AllKernels.Entries
        where !kernel.TensorCores
        from barrier in Enumerable.Range(0, Barriers.Count(kernel.Method))
        select new object[] { kernel.Name, barrier };

    [TestCaseSource(nameof(Cases))]
    public void One_left_out_is_found_or_known_to_be_spare(string name, int barrier)
    {
        using var device = GpuDevice.Open("cuda");
        Uses[name](device);
        LoadedKernel.LeftOut = (AllKernels.Entries.Single(entry => entry.Name == name).Method, barrier);
        try
        {
            if (Spare.Contains((name, barrier)))
            {
                Assert.That(() => Uses[name](device), Throws.Nothing);
                return;
            }
            var fault = Assert.Throws<KernelFault>(() => Uses[name](device))!;
            TestContext.Out.WriteLine(fault.Message);
            Assert.That(fault.Kind, Is.EqualTo(FaultKind.Race).Or.EqualTo(FaultKind.Unwritten));
        }
        finally
        {
            LoadedKernel.LeftOut = null;
        }
    }

    private static void Gram(GpuDevice device, int tokens, int cols)
    {
        using DeviceMatrix<float> x = new(device, tokens, cols);
        using DeviceMatrix<double> gram = new(device, cols, cols);
        new GpuGram(device).Accumulate(x, tokens, gram);
    }

    private static void Product(GpuDevice device, int n)
    {
        using DeviceMatrix<double> a = new(device, n, n), c = new(device, n, n);
        new GpuProduct(device).Multiply(DeviceOperand<double>.Rows(a.View, n), DeviceOperand<double>.Rows(a.View, n), c.View, n, n, n, n, 1, 0);
    }

    private static void FloatProduct(GpuDevice device, int n)
    {
        using DeviceMatrix<float> a = new(device, n, n), c = new(device, n, n);
        new GpuFloatProduct(device).Multiply(Operand.Plain, Operand.Plain, 1, a, a, 0, c);
    }

    private static void Factor(GpuDevice device, int n)
    {
        using var cholesky = new GpuCholesky(device, new GpuProduct(device), n);
        using DeviceMatrix<double> a = new(device, n, n);
        a.Upload(Kernels.Tests.Made.Spd(Kernels.Tests.Made.Random(n), n, n), n);
        cholesky.Factor(a);
    }

    private static void Eliminate(GpuDevice device, int n)
    {
        using var elimination = new GpuChannelElimination(device, new GpuProduct(device), n);
        using DeviceMatrix<double> p = new(device, n, n), g = new(device, n, n);
        var h = Kernels.Tests.Made.Spd(Kernels.Tests.Made.Random(n), n, n);
        p.Upload(h, n);
        g.Upload(h, n);
        elimination.Run(p, g, []);
    }
}
