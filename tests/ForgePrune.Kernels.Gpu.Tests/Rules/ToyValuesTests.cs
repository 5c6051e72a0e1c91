using ForgePrune.Kernels.Gpu.Tests.Toys;

namespace ForgePrune.Kernels.Gpu.Tests.Rules;

/// <summary>What the rules allow, a device computes as .NET does, and what they forbid as computed otherwise, it does not. ILGPU's CPU accelerator runs the
/// instructions of .NET themselves.</summary>
[NonParallelizable]
public sealed class ToyValuesTests
{
    [TestCaseSource(typeof(ToyKernels), nameof(ToyKernels.Allowed))]
    [Category("Slow")]
    public void An_allowed_kernel_computes_what_dotnet_does(string name) => Assert.That(OnDevice(name), Is.EqualTo(InDotnet(name)).Within(3).Ulps);

    [TestCaseSource(typeof(ToyKernels), nameof(ToyKernels.ComputedOtherwise))]
    [Category("Slow")]
    public void A_forbidden_kernel_computes_something_else(string name)
    {
        var (actual, expected) = (OnDevice(name), InDotnet(name));
        TestContext.Out.WriteLine($"device {string.Join(' ', actual[0])}\n.NET   {string.Join(' ', expected[0])}");
        Assert.That(actual, Is.Not.EqualTo(expected));
    }

    [TestCaseSource(typeof(ToyKernels), nameof(ToyKernels.Unordered))]
    public void A_comparison_with_nan_goes_wrong_there_and_nothing_else(string name)
    {
        double[] actual = OnDevice(name)[0], expected = InDotnet(name)[0];
        Assert.That(actual[ToyLaunch.NaN], Is.Not.EqualTo(expected[ToyLaunch.NaN]));
        actual[ToyLaunch.NaN] = expected[ToyLaunch.NaN];
        Assert.That(actual, Is.EqualTo(expected));
    }

    private static double[][] OnDevice(string name) => ToyLaunch.Run(Devices.Open("opencl").Accelerator, ToyKernels.Of(name));

    private static double[][] InDotnet(string name) => ToyLaunch.Run(Devices.Open("ilgpu-cpu").Accelerator, ToyKernels.Of(name));
}
