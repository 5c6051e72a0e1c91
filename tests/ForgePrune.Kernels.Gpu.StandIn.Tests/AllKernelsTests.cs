using ForgePrune.Ilgpu;
using ForgePrune.Kernels.Gpu;

namespace ForgePrune.Kernels.Gpu.StandIn.Tests;

/// <summary>The table of kernels, held to the rules.</summary>
public sealed class AllKernelsTests
{
    private static IEnumerable<string> Names => AllKernels.Entries.Select(kernel => kernel.Name);

    [TestCaseSource(nameof(Names))]
    public void Holds_nothing_that_a_device_cannot_run(string name) =>
        Assert.That(KernelRules.Check(AllKernels.Entries.Single(entry => entry.Name == name).Method), Is.Empty);
}
