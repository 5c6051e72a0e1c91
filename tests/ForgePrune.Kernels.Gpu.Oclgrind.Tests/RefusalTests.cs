using ForgePrune.Kernels.Gpu.Tests;

namespace ForgePrune.Kernels.Gpu.Oclgrind.Tests;

/// <summary>A device on which the kernels cannot run, as users meet one: Oclgrind without the tests' waiver.</summary>
[Category("EndToEnd")]
public sealed class RefusalTests
{
    [Test]
    public void A_device_is_refused_by_name_with_what_it_lacks()
    {
        OclgrindRuntime.Open().Dispose();
        var waived = OpenClDevices.Waived;
        OpenClDevices.Waived = _ => false;
        try
        {
            Assert.That(() => GpuDevice.Open("opencl"), Throws.TypeOf<GpuDeviceException>()
                .With.Message.Contains("'opencl'").And.Message.Contains("Oclgrind Simulator (Oclgrind) compiles OpenCL C 1.2, and ILGPU writes 2.0"));
        }
        finally
        {
            OpenClDevices.Waived = waived;
        }
    }
}
