using ForgePrune.Kernels.Gpu.Tests;
using ForgePrune.Kernels.Gpu.Tests.Rules;
using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu.Oclgrind.Tests.Faults;

/// <summary>Every barrier of every kernel is left out once: Oclgrind sees what each is for, and one that could go is told.</summary>
[Category("EndToEnd")]
public sealed class BarrierTests
{
    private static readonly Dictionary<string, Action<GpuDevice>> Uses = new()
    {
        // Deeper than a slice of the product, so that its loop turns.
        ["gram_f32"] = device => Gram(device, 17, 9),
        ["cross_f32"] = device => Cross(device, 17, 9),
        ["gram_mirror"] = device => Mirror(device, 3),
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
        from barrier in Enumerable.Range(0, Barriers(kernel))
        select new object[] { kernel.Name, barrier };

    [TestCaseSource(nameof(Cases))]
    public void One_left_out_is_found_or_known_to_be_spare(string name, int barrier)
    {
        var method = AllKernels.Entries.Single(entry => entry.Name == name).Method.Name;
        using var watched = OclgrindRuntime.Open();
        using (OclgrindRuntime.LeaveOut(barrier))
            Use(watched.Device, name);
        var findings = watched.Findings().Where(finding => finding.Kernel == method).ToArray();
        TestContext.Out.WriteLine($"{findings.Length} findings{string.Concat(findings.Take(1).Select(first => $", the first: {first}"))}");
        Assert.That(findings.Any(finding => finding.IsRace), Is.Not.EqualTo(Spare.Contains((name, barrier))));
    }

    private static int Barriers(KernelEntry kernel) =>
        MethodIl.Read(kernel.Method).Count(instruction => instruction.Operand is System.Reflection.MethodInfo { Name: nameof(Group.Barrier) } called
            && called.DeclaringType == typeof(Group));

    private static void Use(GpuDevice device, string name)
    {
        try
        {
            Uses[name](device);
        }
        catch (NotPositiveDefiniteException)
        {
            // What comes of a race is anything.
        }
    }

    private static void Gram(GpuDevice device, int tokens, int cols)
    {
        using DeviceMatrix<float> x = new(device, tokens, cols);
        using DeviceMatrix<double> gram = new(device, cols, cols);
        new GpuGram(device).Accumulate(x, tokens, gram);
    }

    private static void Cross(GpuDevice device, int tokens, int cols)
    {
        using DeviceMatrix<float> x = new(device, tokens, cols);
        using DeviceMatrix<double> moment = new(device, cols, cols);
        new GpuCross(device).Accumulate(x, x, tokens, moment);
    }

    private static void Mirror(GpuDevice device, int cols)
    {
        using DeviceMatrix<double> gram = new(device, cols, cols);
        device.Accelerator.LoadStreamKernel<ArrayView<double>, int>(GramKernels.Mirror)(new KernelConfig(1, device.Lanes), gram.View, cols);
    }

    private static void Product(GpuDevice device, int n)
    {
        using DeviceMatrix<double> a = new(device, n, n), c = new(device, n, n);
        new GpuProduct(device).Multiply(DeviceOperand<double>.Rows(a.View, n), DeviceOperand<double>.Rows(a.View, n), c.View, n, n, n, n, 1, 0);
    }

    private static void FloatProduct(GpuDevice device, int n)
    {
        using DeviceMatrix<float> a = new(device, n, n), c = new(device, n, n);
        new GpuFloatProduct(device).Multiply(Transpose.No, Transpose.No, 1, a, a, 0, c);
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
