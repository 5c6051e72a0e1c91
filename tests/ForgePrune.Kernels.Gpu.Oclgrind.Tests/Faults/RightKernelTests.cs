using ForgePrune.Kernels.Gpu.Oclgrind.Tests.Toys;
using ForgePrune.Kernels.Gpu.Tests;
using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu.Oclgrind.Tests.Faults;

/// <summary>In kernels without a fault nothing is found, and they compute what they say.</summary>
[Category("EndToEnd")]
public sealed class RightKernelTests
{
    private readonly WatchedDevice watched = OclgrindRuntime.Open();

    [TearDown]
    public void Nothing_is_found() => Assert.That(watched.NewText(), Is.Empty);

    [OneTimeTearDown]
    public void Close() => watched.Dispose();

    [TestCase(1, 1)]
    [TestCase(2, 8)]
    [TestCase(3, 64)]
    public void A_sum_in_pairs(int groups, int lanes)
    {
        using var data = Numbers(groups * lanes);
        watched.Device.Accelerator.LoadStreamKernel<ArrayView<int>>(RightKernels.SumInPairs)(new KernelConfig(groups, lanes), data.View);
        var sums = data.GetAsArray1D();
        for (var group = 0; group < groups; group++)
            Assert.That(sums[group * lanes], Is.EqualTo(Enumerable.Range(group * lanes, lanes).Sum()));
    }

    [TestCase(1)]
    [TestCase(8)]
    [TestCase(256)]
    public void A_rotation_through_one_barrier_after_another(int lanes)
    {
        using var data = Numbers(lanes);
        watched.Device.Accelerator.LoadStreamKernel<ArrayView<int>>(RightKernels.Rotate)(new KernelConfig(1, lanes), data.View);
        Assert.That(data.GetAsArray1D(), Is.EqualTo(Enumerable.Range(0, lanes).Select(lane => (lane + 3) % lanes)));
    }

    [Test]
    public void Structs_by_field_value_and_reference()
    {
        using var data = watched.Device.Accelerator.Allocate1D<float>(16);
        watched.Device.Accelerator.LoadStreamKernel<ArrayView<float>>(RightKernels.Structs)(new KernelConfig(1, 4), data.View);
        // X = lane, Y = 1 + 2·lane, Z = 4 and then + 100, W = the sum of X, Y, Z and the old W of 3.
        Assert.That(data.GetAsArray1D(), Is.EqualTo(Enumerable.Range(0, 4).SelectMany(lane => new float[] { lane, 1 + 2 * lane, 104, 3 * lane + 8 })));
    }

    [Test]
    public void A_table_that_all_lanes_read()
    {
        using var data = Numbers(20);
        using var table = Numbers(5);
        var launch = watched.Device.Accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<int>, ArrayView<int>>(RightKernels.ManyReaders);
        launch(20, data.View, table.View);
        launch(20, data.View, table.View);
        var added = 0 - 1 + 2 * 2 + 3 - 4;
        Assert.That(data.GetAsArray1D(), Is.EqualTo(Enumerable.Range(0, 20).Select(i => i + 2 * added)));
    }

    private MemoryBuffer1D<int, Stride1D.Dense> Numbers(int length) => watched.Device.Accelerator.Allocate1D(Enumerable.Range(0, length).ToArray());
}
