namespace ForgePrune.Kernels.Gpu.Tests.Toys;

/// <summary>What a toy kernel does that kernels must not.</summary>
/// <param name="rule">Part of the sentence that tells it.</param>
/// <param name="ilgpu">What ILGPU's own compiler makes of it.</param>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BreaksAttribute(string rule, OfIlgpu ilgpu = OfIlgpu.Refuses) : Attribute
{
    public string Rule => rule;

    public OfIlgpu Ilgpu => ilgpu;
}

/// <summary>What ILGPU's compiler makes of a kernel that breaks a rule.</summary>
internal enum OfIlgpu
{
    /// <summary>It says so.</summary>
    Refuses,

    /// <summary>It leaves a call to a function that nobody has; the driver refuses the PTX.</summary>
    LeavesACallToNothing,

    /// <summary>It compiles into something that computes other values than .NET.</summary>
    ComputesOtherwise,

    /// <summary>It compiles, and the rule has another reason.</summary>
    Accepts,
}
