using System.Security.Cryptography;
using System.Text.Json;
using ForgePrune.Kernels.Gpu.Tests.Ptx;
using ForgePrune.Testing;

namespace ForgePrune.Kernels.Gpu.Tests;

public sealed class PtxTests
{
    private static IEnumerable<string> Names => AllKernels.Entries.Select(kernel => kernel.Name);

    [TestCaseSource(nameof(Names))]
    [Category("Slow")]
    public void Compiles_without_a_gpu_and_always_to_the_same_text(string name)
    {
        var kernel = AllKernels.Entries.Single(entry => entry.Name == name);
        var ptx = PtxCompiler.Compile(kernel, "sm_80");
        Assert.That(ptx.Text, Does.Contain(".target sm_80").And.Contain($".visible .entry {name}("));
        // 48 KiB is what a group may have without asking the driver for more; local memory would mean that lanes spill.
        Assert.That(ptx.SharedBytes, Is.LessThanOrEqualTo(48 << 10));
        Assert.That(ptx.Text, Does.Not.Contain(".local"));
        Assert.That(PtxCompiler.Compile(kernel, "sm_80").Text, Is.EqualTo(ptx.Text));
    }

    // What is known of the PTX for sm_80, from instructions to registers, so holds for it as well.
    [TestCaseSource(nameof(Names))]
    [Category("Slow")]
    public void For_sm_90_the_instructions_are_the_same(string name)
    {
        var kernel = AllKernels.Entries.Single(entry => entry.Name == name);
        Assert.That(Body(PtxCompiler.Compile(kernel, "sm_90").Text), Is.EqualTo(Body(PtxCompiler.Compile(kernel, "sm_80").Text)).And.Not.Empty);

        static string Body(string text) => text[text.IndexOf(".visible", StringComparison.Ordinal)..];
    }

    // Eight steps of 64 products, each from four loads of 16 bytes: what the tile was laid out for, and what a change of ILGPU might lose.
    [TestCase("gram_f32")]
    [TestCase("cross_f32")]
    [TestCase("product_f32")]
    public void A_slice_takes_32_loads_from_shared_memory_for_512_products(string name)
    {
        var text = PtxCompiler.Compile(AllKernels.Entries.Single(entry => entry.Name == name), "sm_80").Text;
        Assert.That(Count(text, "ld.shared"), Is.EqualTo(32));
        Assert.That(Count(text, "ld.shared.v4.f32"), Is.EqualTo(32));
        Assert.That(Count(text, "\tmul.f32"), Is.GreaterThanOrEqualTo(512));
        Assert.That(Count(text, "\tld.v4.f32"), Is.EqualTo(4), "both operands, the first slice and the next one");
    }

    // A slice is 16 products of the tensor cores, fed by 24 loads of 32 bits; sums stay in registers until the end.
    [TestCase("gram_tf32", "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32")]
    [TestCase("gram_bf16", "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32")]
    public void A_slice_takes_24_loads_for_16_products_of_the_tensor_cores(string name, string instruction)
    {
        var text = PtxCompiler.Compile(AllKernels.Entries.Single(entry => entry.Name == name), "sm_80").Text;
        Assert.That(Count(text, instruction), Is.EqualTo(16));
        Assert.That(Count(text, "ld.shared.b32"), Is.EqualTo(24));
        Assert.That(Count(text, "st.shared.v4.b32"), Is.EqualTo(4), "both operands, the first slice and the next one");
    }

    [Test]
    public void Tensor_cores_are_left_to_targets_that_have_them()
    {
        var kernel = AllKernels.Entries.First(entry => entry.TensorCores);
        Assert.That(PtxCompiler.Targets.Where(target => PtxCompiler.Supports(kernel, target)), Is.EqualTo(new[] { "sm_80", "sm_86", "sm_90" }));
        using var folder = new TemporaryFolder();
        PtxExport.Write(folder["made"], "sm_75");
        Assert.That(File.Exists(folder["made/gram_f32.ptx"]), Is.True);
        Assert.That(File.Exists(folder["made/gram_tf32.ptx"]), Is.False);
    }

    [TestCaseSource(nameof(Names))]
    public void No_float_is_a_denormal(string name)
    {
        var kernel = AllKernels.Entries.Single(entry => entry.Name == name);
        Assert.That(PtxLiterals.Denormal(PtxCompiler.Compile(kernel, "sm_80").Text), Is.Empty);
    }

    [TestCase("mov.f64 %fd1, 0d0000000000000001;", 1)]
    [TestCase("selp.b64 %fd1, 0d800FFFFFFFFFFFFF, 0d0010000000000000, %p1;", 1)]
    [TestCase("selp.b32 %f1, 0f00000001, 0f807FFFFF, %p1;", 2)]
    [TestCase("mov.f64 %fd1, 0d0000000000000000; mov.f32 %f1, 0f80000000; mov.f32 %f2, 0f00800000; mov.b32 %r0f00000001, 1;", 0)]
    public void A_denormal_is_told_from_zero_and_from_normal_numbers(string text, int denormals) =>
        Assert.That(PtxLiterals.Denormal(text).Count(), Is.EqualTo(denormals));

    [Test]
    public void The_table_names_every_kernel_once()
    {
        Assert.That(Names, Is.Unique);
        Assert.That(AllKernels.Entries.Select(kernel => kernel.Method), Is.Unique);
    }

    [Test]
    public void An_unknown_target_is_refused() =>
        Assert.That(() => PtxCompiler.Compile(AllKernels.Entries[0], "sm_1"), Throws.ArgumentException.With.Message.Contains("sm_1"));

    // The hashes of sha256sum: a changed kernel is meant, or it is a fault.
    [Test]
    [Category("Slow")]
    public void The_sources_give_the_ptx_whose_hashes_are_kept([Values("sm_80", "sm_90")] string target)
    {
        using var folder = new TemporaryFolder();
        var export = OptimizedPtx.Export(folder, target);
        string[] made = [.. Directory.GetFiles(export).Where(file => Path.GetFileName(file) != PtxExport.ManifestFile)
            .Select(file => $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file)))}  {Path.GetFileName(file)}")];
        var hashes = $"kernels/ForgePrune.Kernels.Gpu/ptx/{target}.sha256";
        Assert.That(made, Is.EquivalentTo(File.ReadAllLines(Path.Combine(Shared.Root, hashes))),
            $"a kernel was changed; where that is meant, renew its hash: dir=$(mktemp -d) && ./forgeprune kernels export --out $dir/ptx --target {target} && (cd $dir/ptx && LC_ALL=C sha256sum *.h *.ptx) > {hashes}");
    }

    [Test]
    public void An_export_names_the_sources_it_comes_from()
    {
        using var folder = new TemporaryFolder();
        PtxExport.Write(folder["made"], "sm_80");
        using var json = JsonDocument.Parse(File.ReadAllText(folder["made/" + PtxExport.ManifestFile]));
        Assert.That(json.RootElement.GetProperty("sources").GetString(), Is.EqualTo(KernelSources.Hash()));
    }

    [Test]
    public void An_export_does_not_write_into_a_folder_that_holds_something()
    {
        using var folder = new TemporaryFolder();
        folder.Write("letter.txt", "mine");
        Assert.That(() => PtxExport.Write(folder.Path, "sm_80"), Throws.TypeOf<IOException>().With.Message.Contains("is not empty"));
        Assert.That(folder.Files, Has.Length.EqualTo(1));
    }

    private static int Count(string text, string part) => text.Split(part).Length - 1;
}
