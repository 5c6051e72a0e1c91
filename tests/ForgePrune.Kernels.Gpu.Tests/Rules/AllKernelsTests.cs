namespace ForgePrune.Kernels.Gpu.Tests.Rules;

/// <summary>The table of kernels, held to the rules.</summary>
public sealed class AllKernelsTests
{
    private static IEnumerable<string> Names => AllKernels.Entries.Where(kernel => !kernel.TensorCores).Select(kernel => kernel.Name);

    private static IEnumerable<string> OnTensorCores => AllKernels.Entries.Where(kernel => kernel.TensorCores).Select(kernel => kernel.Name);

    [TestCaseSource(nameof(Names))]
    public void Holds_nothing_that_a_device_cannot_run(string name) =>
        Assert.That(KernelRules.Check(AllKernels.Entries.Single(entry => entry.Name == name).Method), Is.Empty);

    [TestCaseSource(nameof(OnTensorCores))]
    public void A_kernel_for_tensor_cores_breaks_them_by_its_inline_ptx_alone(string name)
    {
        var violations = KernelRules.Check(AllKernels.Entries.Single(entry => entry.Name == name).Method).Select(violation => violation.What).ToArray();
        Assert.That(violations, Has.Some.StartWith("holds inline PTX"));
        // Its text is a string.
        Assert.That(violations, Is.All.StartWith("holds inline PTX").Or.EqualTo("uses a string"));
    }
}
