using ForgePrune.Kernels.Gpu.Tests.Toys;

namespace ForgePrune.Kernels.Gpu.Tests.Rules;

/// <summary>The rules for kernels name what is forbidden, and let pass what is not.</summary>
public sealed class KernelRulesTests
{
    [TestCaseSource(typeof(ToyKernels), nameof(ToyKernels.Forbidden))]
    public void What_is_forbidden_is_named(string name)
    {
        var violations = KernelRules.Check(ToyKernels.Of(name));
        TestContext.Out.WriteLine(string.Join(Environment.NewLine, violations));
        Assert.That(violations.Select(violation => violation.What), Has.Some.Contain(ToyKernels.Broken(name).Rule).IgnoreCase);
    }

    [TestCaseSource(typeof(ToyKernels), nameof(ToyKernels.Allowed))]
    public void What_is_allowed_passes(string name) => Assert.That(KernelRules.Check(ToyKernels.Of(name)), Is.Empty);

    [Test]
    public void A_line_is_told_also_in_what_a_kernel_calls()
    {
        var violation = KernelRules.Check(ToyKernels.Of("ForbiddenKernels.FurtherDown")).Single();
        Assert.That(violation.ToString(), Does.Match(@"^ForbiddenKernels\.Grow, ForbiddenKernels\.cs:\d+: calls Math\.Exp$"));
    }

    [Test]
    public void A_lambda_is_no_kernel()
    {
        var captured = 3;
        Assert.That(KernelRules.Check(((Action<int>)(i => captured += i)).Method).Single().What, Does.Contain("captures"));
    }
}
