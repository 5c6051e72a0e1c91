using System.Reflection;

namespace ForgePrune.Kernels.Gpu;

/// <summary>A kernel as other stacks need to know it.</summary>
/// <param name="Name">Name of the kernel, of its entry point and of its PTX file.</param>
/// <param name="Method">The kernel itself.</param>
/// <param name="Lanes">Lanes of a group; for <see cref="Grouping.PerElement"/> whatever suits.</param>
/// <param name="Grouping">How the grid is laid out.</param>
/// <param name="Grid">How many groups or lanes to launch, in the names of the parameters.</param>
/// <param name="Purpose">What it computes, one sentence.</param>
/// <param name="Parameters">Its parameters, in order.</param>
internal sealed record KernelEntry(string Name, MethodInfo Method, int Lanes, Grouping Grouping, string Grid, string Purpose,
    IReadOnlyList<KernelParameter> Parameters)
{
    /// <summary>Whether it holds inline PTX for tensor cores: then it needs sm_80 or later, and neither ILGPU's CPU accelerator nor OpenCL runs it.</summary>
    public bool TensorCores { get; init; }
}

/// <summary>How a kernel's lanes are laid out.</summary>
internal enum Grouping
{
    /// <summary>Groups of a fixed number of lanes that work together.</summary>
    Groups,

    /// <summary>One lane for each element, groups of any size; lanes beyond the first parameter return at once.</summary>
    PerElement,
}
