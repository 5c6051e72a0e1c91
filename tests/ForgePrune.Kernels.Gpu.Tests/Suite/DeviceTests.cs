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

    // So that the results of this suite show what a kernel reads before anything was written there.
    [TestCaseSource(typeof(Devices), nameof(Devices.Names))]
    public void Matrices_of_the_suite_begin_as_what_no_result_survives(string name)
    {
        var device = Devices.Open(name);
        using DeviceMatrix<double> doubles = new(device, 2, 3);
        using DeviceMatrix<int> integers = new(device, 1, 2);
        var (values, numbers) = (new double[6], new int[2]);
        doubles.Download(values, 3);
        integers.Download(numbers, 2);
        Assert.That(values, Is.All.NaN);
        Assert.That(numbers, Is.All.EqualTo(-1));
    }

    [Test]
    public void A_device_that_is_not_there_is_told_with_its_number() =>
        Assert.That(() => GpuDevice.Open("cuda:4000"), Throws.TypeOf<GpuDeviceException>().With.Message.Contains("'cuda:4000'"));
}
