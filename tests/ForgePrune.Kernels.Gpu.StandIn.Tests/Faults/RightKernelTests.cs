using ForgePrune.Kernels.Gpu.StandIn.Tests.Toys;
using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu.StandIn.Tests.Faults;

/// <summary>Kernels without a fault pass and compute what they say.</summary>
public sealed class RightKernelTests
{
    private readonly Simulation _simulation = new();

    [OneTimeTearDown]
    public void Close() => _simulation.Dispose();

    [TestCase(1, 1)]
    [TestCase(2, 8)]
    [TestCase(3, 64)]
    public void A_sum_in_pairs(int groups, int lanes)
    {
        using var data = _simulation.Numbers(groups * lanes);
        _simulation.Accelerator.LoadStreamKernel<ArrayView<int>>(RightKernels.SumInPairs)(new KernelConfig(groups, lanes), data.View);
        var sums = Down(data.View);
        for (var group = 0; group < groups; group++)
            Assert.That(sums[group * lanes], Is.EqualTo(Enumerable.Range(group * lanes, lanes).Sum()));
    }

    [TestCase(1)]
    [TestCase(8)]
    [TestCase(1024)]
    public void A_rotation_with_its_variables_kept_over_barriers(int lanes)
    {
        using var data = _simulation.Numbers(lanes);
        _simulation.Accelerator.LoadStreamKernel<ArrayView<int>>(RightKernels.Rotate)(new KernelConfig(1, lanes), data.View);
        Assert.That(Down(data.View), Is.EqualTo(Enumerable.Range(0, lanes).Select(lane => (lane + 3) % lanes)));
    }

    [Test]
    public void Structs_by_field_value_and_reference()
    {
        using var data = _simulation.Accelerator.Allocate1D<float>(16);
        _simulation.Accelerator.LoadStreamKernel<ArrayView<float>>(RightKernels.Structs)(new KernelConfig(1, 4), data.View);
        // X = lane, Y = 1 + 2·lane, Z = 4 and then + 100, W = the sum of X, Y, Z and the old W of 3.
        Assert.That(Down(data.View), Is.EqualTo(Enumerable.Range(0, 4).SelectMany(lane => new float[] { lane, 1 + 2 * lane, 104, 3 * lane + 8 })));
    }

    [Test]
    public void A_table_that_all_lanes_read()
    {
        using var data = _simulation.Numbers(20);
        using var table = _simulation.Numbers(5);
        var launch = _simulation.Accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<int>, ArrayView<int>>(RightKernels.ManyReaders);
        launch(20, data.View, table.View);
        launch(20, data.View, table.View);
        var added = 0 - 1 + 2 * 2 + 3 - 4;
        Assert.That(Down(data.View), Is.EqualTo(Enumerable.Range(0, 20).Select(i => i + 2 * added)));
    }

    private static T[] Down<T>(ArrayView<T> view) where T : unmanaged
    {
        var result = new T[view.Length];
        view.CopyToCPU(result);
        return result;
    }
}
