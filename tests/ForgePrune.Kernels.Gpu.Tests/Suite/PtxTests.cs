namespace ForgePrune.Kernels.Gpu.Tests;

public sealed class PtxTests
{
    private static IEnumerable<string> Names => AllKernels.Entries.Select(kernel => kernel.Name);

    [TestCaseSource(nameof(Names))]
    public void Compiles_without_a_gpu_and_always_to_the_same_text(string name)
    {
        var kernel = AllKernels.Entries.Single(entry => entry.Name == name);
        var ptx = PtxCompiler.Compile(kernel, "sm_80");
        Assert.That(ptx.Text, Does.Contain(".target sm_80"));
        Assert.That(ptx.Parameters, Has.Count.EqualTo(kernel.Parameters.Count), string.Join("; ", ptx.Parameters));
        Assert.That(PtxCompiler.Compile(kernel, "sm_80").Text, Is.EqualTo(ptx.Text));
        Assert.That(PtxCompiler.Compile(kernel, "sm_90").Entry, Is.EqualTo(ptx.Entry));
        TestContext.Out.WriteLine($"{name}: {ptx.SharedBytes} bytes shared, {Count(ptx.Text, "fma.rn.f32")} + {Count(ptx.Text, "fma.rn.f64")} fma, {Count(ptx.Text, "ld.shared.v4")} ld.shared.v4, {Count(ptx.Text, ".local")} .local, {string.Join("; ", ptx.Parameters)}");
    }

    [Test]
    public void The_table_names_every_kernel_once()
    {
        Assert.That(Names, Is.Unique);
        Assert.That(AllKernels.Entries.Select(kernel => kernel.Method), Is.Unique);
    }

    [Test]
    public void An_unknown_target_is_refused() =>
        Assert.That(() => PtxCompiler.Compile(AllKernels.Entries[0], "sm_1"), Throws.ArgumentException.With.Message.Contains("sm_1"));

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
