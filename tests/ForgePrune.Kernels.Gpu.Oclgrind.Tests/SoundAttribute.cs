using NUnit.Framework.Interfaces;

[assembly: ForgePrune.Kernels.Gpu.Tests.Sound]

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>Fails every test in which Oclgrind found something on the device of the suite.</summary>
[AttributeUsage(AttributeTargets.Assembly)]
internal sealed class SoundAttribute : Attribute, ITestAction
{
    public ActionTargets Targets => ActionTargets.Test;

    public void BeforeTest(ITest test)
    {
    }

    public void AfterTest(ITest test)
    {
        if (Complaint is { } complaint)
            Assert.Fail(complaint);
    }

    /// <summary>The beginning of what was found since this was asked last; null where nothing was.</summary>
    internal static string? Complaint => Devices.Found is { Length: > 0 } found ? found[..Math.Min(found.Length, 4000)] : null;
}
