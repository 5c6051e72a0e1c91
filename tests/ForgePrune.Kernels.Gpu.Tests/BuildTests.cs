using System.Text.Json;
using ForgePrune.Testing;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>What holds with and without ILGPU, and says aloud when the suite is not in this build.</summary>
public sealed class BuildTests
{
    [Test]
    public void Ilgpu_is_part_of_this_build()
    {
#if ILGPU
        Assert.That(typeof(GpuDevice).Assembly.GetReferencedAssemblies().Select(assembly => assembly.Name), Does.Contain("ILGPU"));
#else
        Assert.Inconclusive("NuGet lacks ILGPU here, so the GPU kernels were tested with the stand-in only: ForgePrune.Kernels.Gpu.StandIn.Tests.");
#endif
    }

    [Test]
    public void The_kept_ptx_names_the_sources_that_lie_beside_it()
    {
        var manifest = Path.Combine(Shared.Root, "kernels", "ForgePrune.Kernels.Gpu", "ptx", "sm_80", "manifest.json");
        using var json = JsonDocument.Parse(File.ReadAllText(manifest));
        Assert.That(json.RootElement.GetProperty("sources").GetString(), Is.EqualTo(KernelSources.Hash()), "a kernel was changed after the PTX was exported");
    }
}
