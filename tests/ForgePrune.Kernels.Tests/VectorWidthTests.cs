using System.Numerics;
using System.Runtime.Intrinsics;

namespace ForgePrune.Kernels.Tests;

/// <summary>The suite runs several times, with wide vectors switched off from outside; this says whether the switch worked.</summary>
public sealed class VectorWidthTests
{
    [Test]
    public void What_is_switched_off_is_off()
    {
        TestContext.Out.WriteLine(
            $"512 bits {Vector512.IsHardwareAccelerated}, 256 bits {Vector256.IsHardwareAccelerated}, 128 bits {Vector128.IsHardwareAccelerated}, "
            + $"Vector<double> of {Vector<double>.Count}");
        if (Off("DOTNET_EnableAVX512") || Off("DOTNET_EnableAVX2") || Off("DOTNET_EnableHWIntrinsic"))
            Assert.That(Vector512.IsHardwareAccelerated, Is.False);
        if (Off("DOTNET_EnableAVX2") || Off("DOTNET_EnableHWIntrinsic"))
            Assert.That(Vector256.IsHardwareAccelerated, Is.False);
        Assert.That(Vector<double>.Count, Is.GreaterThanOrEqualTo(2));
    }

    private static bool Off(string name) => Environment.GetEnvironmentVariable(name) == "0";
}
