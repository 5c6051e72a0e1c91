namespace ForgePrune.Kernels.Gpu.Tests;

public sealed class DeviceTests
{
    [TestCase("metal")]
    [TestCase("cuda:x")]
    [TestCase("cuda:0:1")]
    [TestCase("ilgpu-cpu:3")]
    [TestCase("")]
    public void An_unknown_name_is_refused(string name) =>
        Assert.That(() => GpuDevice.Open(name), Throws.TypeOf<GpuDeviceException>().With.Message.Contains($"'{name}'").And.Message.Contains("allowed are"));

    [Test]
    public void A_device_that_is_not_there_is_told_with_its_number() =>
        Assert.That(() => GpuDevice.Open("cuda:4000"), Throws.TypeOf<GpuDeviceException>().With.Message.Contains("'cuda:4000'"));
}
