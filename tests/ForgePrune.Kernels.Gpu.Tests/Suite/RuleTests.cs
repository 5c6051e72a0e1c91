using System.Reflection;
using ForgePrune.Kernels.Gpu.Toys;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>What the rules for kernels say of ILGPU is what ILGPU does: the toy kernels that the rules are tested with, compiled for real.</summary>
public sealed class RuleTests
{
    private static IEnumerable<string> Allowed => Kernels(typeof(AllowedKernels)).Select(kernel => kernel.Name);

    private static IEnumerable<string> Forbidden => Kernels(typeof(ForbiddenKernels)).Where(kernel => kernel.IsDefined(typeof(BreaksAttribute))).Select(kernel => kernel.Name);

    [TestCaseSource(nameof(Allowed))]
    public void What_the_rules_allow_compiles_whole(string name) => Assert.That(Compile(typeof(AllowedKernels).GetMethod(name)!), Does.Not.Contain(".extern .func"));

    [TestCaseSource(nameof(Forbidden))]
    public void What_the_rules_forbid_meets_what_they_say(string name)
    {
        var kernel = typeof(ForbiddenKernels).GetMethod(name)!;
        var ilgpu = kernel.GetCustomAttribute<BreaksAttribute>()!.Ilgpu;
        if (ilgpu == OfIlgpu.Refuses)
            Assert.That(() => Compile(kernel), Throws.Exception);
        else
            Assert.That(Compile(kernel).Contains(".extern .func"), Is.EqualTo(ilgpu == OfIlgpu.LeavesACallToNothing));
    }

    private static string Compile(MethodInfo kernel)
    {
        var grouping = kernel.GetParameters()[0].ParameterType == typeof(ILGPU.Index1D) ? Grouping.PerElement : Grouping.Groups;
        return PtxCompiler.Compile(new(kernel.Name, kernel, 64, grouping, "", "", []), "sm_80").Text;
    }

    private static IEnumerable<MethodInfo> Kernels(Type type) => type.GetMethods(BindingFlags.Static | BindingFlags.Public);
}
