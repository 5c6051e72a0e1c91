using ForgePrune.GpuPerf;
using ForgePrune.Testing;

namespace ForgePrune.Kernels.Gpu.Tests.Ptx;

/// <summary>Every kernel by NVIDIA's own assembler, where it is installed. For sm_90 the instructions are the same, which a test of its own shows.</summary>
public sealed class AssemblerTests
{
    [OneTimeSetUp]
    public void Require()
    {
        if (Ptxas.Release() is not { Length: > 0 } release)
            Assert.Inconclusive("ptxas is not on PATH, so neither spills nor registers of the kernels were seen; it comes with CUDA (Debian: nvidia-cuda-toolkit of non-free).");
        else
            TestContext.Out.WriteLine($"ptxas {release}");
    }

    // No kernel may spill, and of each two groups of 256 lanes must fit beside each other: while one waits at a barrier, the other works.
    [Test]
    public void Nothing_spills_and_two_groups_fit_beside_each_other([ValueSource(nameof(Kernels))] string kernel, [Values("sm_80", "sm_90")] string target)
    {
        using var folder = new TemporaryFolder();
        var assembled = Ptxas.Assemble(folder.Write(kernel + ".ptx", OptimizedPtx.Of(kernel)), target);
        TestContext.Out.WriteLine($"{kernel} for {target}: {assembled.Registers} registers");
        Assert.That((assembled.SpillBytes, assembled.StackBytes), Is.EqualTo((0, 0)), "bytes of spills and of stack");
        Assert.That(assembled.Registers, Is.InRange(1, Ptxas.RegistersForTwoGroups));
    }

    // The control: with a quarter of the registers that it takes, a tile must spill, and that must be seen.
    [Test]
    public void A_kernel_that_spills_is_seen()
    {
        using var folder = new TemporaryFolder();
        Change(folder, "gram_f32", ".maxntid 256, 1, 1", ".maxnreg 32");
        Assert.That(Ptxas.Assemble(folder["gram_f32.ptx"], "sm_80").SpillBytes, Is.Positive);
    }

    [Test]
    public void A_kernel_that_the_assembler_refuses_is_an_error()
    {
        using var folder = new TemporaryFolder();
        Change(folder, "copy_scaled", "mul.f64", "mul.f63");
        Assert.That(() => Ptxas.Assemble(folder["copy_scaled.ptx"], "sm_80"), Throws.InvalidOperationException.With.Message.Contains("copy_scaled.ptx"));
    }

    private static void Change(TemporaryFolder folder, string kernel, string from, string to)
    {
        var text = OptimizedPtx.Of(kernel);
        Assert.That(text, Does.Contain(from));
        folder.Write(kernel + ".ptx", text.Replace(from, to));
    }

    private static IEnumerable<string> Kernels => AllKernels.Entries.Select(kernel => kernel.Name);
}
