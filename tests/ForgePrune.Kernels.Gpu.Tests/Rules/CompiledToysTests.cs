using System.Reflection;
using ForgePrune.Kernels.Gpu.Tests.Toys;

namespace ForgePrune.Kernels.Gpu.Tests.Rules;

/// <summary>What the rules for kernels say of ILGPU is what ILGPU does: the toy kernels that the rules are tested with, compiled for real.</summary>
public sealed class CompiledToysTests
{
    [TestCaseSource(typeof(ToyKernels), nameof(ToyKernels.Allowed))]
    public void What_the_rules_allow_compiles_whole(string name) => Assert.That(Compile(name), Does.Not.Contain(".extern .func"));

    [TestCaseSource(typeof(ToyKernels), nameof(ToyKernels.Forbidden))]
    public void What_the_rules_forbid_meets_what_they_say(string name)
    {
        var ilgpu = ToyKernels.Broken(name).Ilgpu;
        if (ilgpu == OfIlgpu.Refuses)
            Assert.That(() => Compile(name), Throws.Exception);
        else
            Assert.That(Compile(name).Contains(".extern .func"), Is.EqualTo(ilgpu == OfIlgpu.LeavesACallToNothing));
    }

    // The converted ones hold the bits of the integer 1 as a floating-point number.
    [Test]
    public void A_converted_comparison_leaves_a_denormal_in_the_ptx()
    {
        var converted = ToyKernels.Forbidden.Where(name => ToyKernels.Broken(name).Rule.StartsWith("converts a comparison", StringComparison.Ordinal))
            .ToArray();
        Assert.That(converted, Has.Length.GreaterThan(10));
        foreach (var name in converted)
            Assert.That(PtxLiterals.Denormal(Compile(name)), Is.Not.Empty, name);
    }

    private static string Compile(string name)
    {
        var kernel = ToyKernels.Of(name);
        var grouping = kernel.GetParameters()[0].ParameterType == typeof(ILGPU.Index1D) ? Grouping.PerElement : Grouping.Groups;
        return PtxCompiler.Compile(new(kernel.Name, kernel, 64, grouping, "", "", []), "sm_80").Text;
    }
}
