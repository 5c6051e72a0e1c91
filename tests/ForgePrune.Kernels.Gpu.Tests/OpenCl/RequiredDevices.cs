namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>What a missing device does to the tests that need it: where CI=true it is a fault of the machine and fails, elsewhere the tests say that they are
/// left out.</summary>
internal static class RequiredDevices
{
    public static void Lacks(string what)
    {
        if (Environment.GetEnvironmentVariable("CI") == "true")
            Assert.Fail($"{what} CI=true requires it; eng/test.sh installs it on Debian.");
        Assert.Inconclusive(what);
    }
}
