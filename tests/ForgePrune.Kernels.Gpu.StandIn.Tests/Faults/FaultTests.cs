using ForgePrune.Ilgpu;
using ForgePrune.Kernels.Gpu.StandIn.Tests.Toys;
using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu.StandIn.Tests.Faults;

/// <summary>Every fault that the simulation looks for is planted in a kernel and found, with its kind, its lane and its line.</summary>
public sealed class FaultTests
{
    private const int Lanes = 8;

    private static readonly (Action<ArrayView<int>> Kernel, FaultKind Kind)[] Planted =
    [
        (FaultyKernels.IndexTooLarge, FaultKind.OutOfBounds),
        (FaultyKernels.IndexNegative, FaultKind.OutOfBounds),
        (FaultyKernels.SharedTooLarge, FaultKind.OutOfBounds),
        (FaultyKernels.OutsideItsPart, FaultKind.OutOfBounds),
        (FaultyKernels.PartTooLong, FaultKind.OutOfBounds),
        (FaultyKernels.InWhatItCalls, FaultKind.OutOfBounds),
        (FaultyKernels.SharedUnwritten, FaultKind.Unwritten),
        (FaultyKernels.BarrierLeftOut, FaultKind.Race),
        (FaultyKernels.BarrierLeftOutBeforeWrite, FaultKind.Race),
        (FaultyKernels.ReadThenWrittenByTheFirst, FaultKind.Race),
        (FaultyKernels.AllWriteTheSame, FaultKind.Race),
        (FaultyKernels.GroupsMeet, FaultKind.Race),
        (FaultyKernels.BarrierOfSomeLanes, FaultKind.DivergentBarrier),
        (FaultyKernels.LeavesBeforeBarrier, FaultKind.DivergentBarrier),
        (FaultyKernels.TwoBarriers, FaultKind.DivergentBarrier),
    ];

    private static IEnumerable<string> Names => Planted.Select(planted => planted.Kernel.Method.Name);

    private readonly Simulation _simulation = new();

    [OneTimeTearDown]
    public void Close() => _simulation.Dispose();

    [TestCaseSource(nameof(Names))]
    public void A_planted_fault_is_found(string name)
    {
        var (kernel, kind) = Planted.Single(planted => planted.Kernel.Method.Name == name);
        using var data = _simulation.Numbers(Lanes);
        var launch = _simulation.Accelerator.LoadStreamKernel(kernel);
        // Two groups: what only a second one disturbs must show too.
        AssertFound(() => launch(new KernelConfig(2, Lanes), data.View), name, kind);
    }

    [Test]
    public void A_read_of_fresh_memory_is_found()
    {
        using var data = _simulation.Numbers(Lanes);
        using var fresh = _simulation.Accelerator.Allocate1D<int>(2);
        var launch = _simulation.Accelerator.LoadStreamKernel<ArrayView<int>, ArrayView<int>>(FaultyKernels.GlobalUnwritten);
        AssertFound(() => launch(new KernelConfig(1, Lanes), data.View, fresh.View), nameof(FaultyKernels.GlobalUnwritten), FaultKind.Unwritten);
        Assert.That(() => fresh.View.CopyToCPU(new int[2]), Throws.TypeOf<KernelFault>().With.Property("Kind").EqualTo(FaultKind.Unwritten));
    }

    [Test]
    public void Too_much_shared_memory_is_found()
    {
        using var data = _simulation.Accelerator.Allocate1D<double>(1);
        var launch = _simulation.Accelerator.LoadStreamKernel<ArrayView<double>>(FaultyKernels.SharedTooMuch);
        AssertFound(() => launch(new KernelConfig(1, 1), data.View), nameof(FaultyKernels.SharedTooMuch), FaultKind.Resources);
    }

    [Test]
    public void A_cast_to_addresses_that_a_device_cannot_read_at_once_is_found()
    {
        using var data = _simulation.Accelerator.Allocate1D<float>(16);
        var launch = _simulation.Accelerator.LoadStreamKernel<ArrayView<float>>(FaultyKernels.CastOffTheGrid);
        AssertFound(() => launch(new KernelConfig(1, 1), data.View), nameof(FaultyKernels.CastOffTheGrid), FaultKind.OutOfBounds);
    }

    [Test]
    public void Lanes_of_a_kernel_for_each_element_are_in_no_order()
    {
        using var data = _simulation.Numbers(Lanes);
        var launch = _simulation.Accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<int>>(FaultyKernels.EachWritesTheNext);
        var fault = AssertFound(() => launch(Lanes, data.View), nameof(FaultyKernels.EachWritesTheNext), FaultKind.Race);
        Assert.That(fault.Group, Is.EqualTo(1));
    }

    [Test]
    public void Groups_too_large_and_memory_given_back_are_found()
    {
        var data = _simulation.Numbers(Lanes);
        var launch = _simulation.Accelerator.LoadStreamKernel<ArrayView<int>>(RightKernels.Rotate);
        Assert.That(() => launch(new KernelConfig(1, 1025), data.View), Throws.TypeOf<KernelFault>().With.Property("Kind").EqualTo(FaultKind.Resources));
        var view = data.View;
        data.Dispose();
        Assert.That(() => launch(new KernelConfig(1, Lanes), view), Throws.TypeOf<KernelFault>().With.Property("Kind").EqualTo(FaultKind.OutOfBounds));
    }

    [Test]
    public void The_sentence_names_both_lines_of_a_race()
    {
        using var data = _simulation.Numbers(Lanes);
        var launch = _simulation.Accelerator.LoadStreamKernel<ArrayView<int>>(FaultyKernels.BarrierLeftOut);
        var fault = Assert.Throws<KernelFault>(() => launch(new KernelConfig(1, Lanes), data.View))!;
        var line = Marked.Of(nameof(FaultyKernels.BarrierLeftOut)).Line;
        Assert.That(fault.Message, Does.Contain($"FaultyKernels.BarrierLeftOut, group 0, lane 1, FaultyKernels.cs:{line}: reads element 0"));
        Assert.That(fault.Message, Does.Contain($"which lane 0 of this group wrote at FaultyKernels.cs:{line - 2}"));
    }

    private static KernelFault AssertFound(Action launch, string kernel, FaultKind kind)
    {
        var fault = Assert.Throws<KernelFault>(launch)!;
        TestContext.Out.WriteLine(fault.Message);
        var marked = Marked.Of(kernel);
        Assert.That(fault.Kind, Is.EqualTo(kind));
        Assert.That(fault.Kernel, Is.EqualTo($"FaultyKernels.{kernel}"));
        Assert.That(fault.LaneIndex, Is.EqualTo(marked.Lane));
        Assert.That(fault.Line, Is.EqualTo(new SourceLine("FaultyKernels.cs", marked.Line)));
        return fault;
    }
}
