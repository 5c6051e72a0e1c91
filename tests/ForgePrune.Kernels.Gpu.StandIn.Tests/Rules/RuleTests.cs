using System.Reflection;
using ForgePrune.Ilgpu;
using ForgePrune.Kernels.Gpu.Toys;
using ILGPU;
using ILGPU.Runtime;

namespace ForgePrune.Kernels.Gpu.StandIn.Tests.Rules;

/// <summary>The rules for kernels name what is forbidden, and let pass what is not.</summary>
public sealed class RuleTests
{
    private static IEnumerable<string> Forbidden => Kernels(typeof(ForbiddenKernels)).Where(kernel => kernel.IsDefined(typeof(BreaksAttribute))).Select(kernel => kernel.Name);

    private static IEnumerable<string> Allowed => Kernels(typeof(AllowedKernels)).Select(kernel => kernel.Name);

    [TestCaseSource(nameof(Forbidden))]
    public void What_is_forbidden_is_named(string name)
    {
        var kernel = typeof(ForbiddenKernels).GetMethod(name)!;
        var violations = KernelRules.Check(kernel);
        TestContext.Out.WriteLine(string.Join(Environment.NewLine, violations));
        Assert.That(violations.Select(violation => violation.What), Has.Some.Contain(kernel.GetCustomAttribute<BreaksAttribute>()!.Rule).IgnoreCase);
    }

    [TestCaseSource(nameof(Allowed))]
    public void What_is_allowed_passes(string name) => Assert.That(KernelRules.Check(typeof(AllowedKernels).GetMethod(name)!), Is.Empty);

    [Test]
    public void A_line_is_told_also_in_what_a_kernel_calls()
    {
        var violation = KernelRules.Check(typeof(ForbiddenKernels).GetMethod(nameof(ForbiddenKernels.BarrierFurtherDown))!).Single();
        Assert.That(violation.ToString(), Does.Match(@"^ForbiddenKernels\.Meet, ForbiddenKernels\.cs:\d+: waits"));
    }

    [Test]
    public void A_lambda_is_no_kernel()
    {
        var captured = 3;
        Assert.That(KernelRules.Check(((Action<int>)(i => captured += i)).Method).Single().What, Does.Contain("captures"));
    }

    [Test]
    public void A_kernel_that_breaks_a_rule_is_refused_where_it_is_loaded()
    {
        using var simulation = new Faults.Simulation();
        Assert.That(() => simulation.Accelerator.LoadAutoGroupedStreamKernel<Index1D, ArrayView<double>>(ForbiddenKernels.Clamp),
            Throws.TypeOf<KernelRefused>().With.Message.Contains("calls Math.Clamp"));
    }

    private static IEnumerable<MethodInfo> Kernels(Type type) => type.GetMethods(BindingFlags.Static | BindingFlags.Public);
}
