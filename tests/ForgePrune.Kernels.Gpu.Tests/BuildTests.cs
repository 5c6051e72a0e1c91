namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>Says aloud when the suite is not in this build.</summary>
public sealed class BuildTests
{
    [Test]
    public void Ilgpu_is_part_of_this_build()
    {
#if ILGPU
        Assert.That(typeof(GpuDevice).Assembly.GetReferencedAssemblies().Select(assembly => assembly.Name), Does.Contain("ILGPU"));
#else
        Assert.Inconclusive("NuGet lacks ILGPU here, so the GPU kernels were neither built nor tested.");
#endif
    }
}
