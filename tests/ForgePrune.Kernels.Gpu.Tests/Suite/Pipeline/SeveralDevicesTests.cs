using ForgePrune.Calibration;
using ForgePrune.Levels;
using ForgePrune.Testing;
using ForgePrune.Tests.Calibration;

namespace ForgePrune.Kernels.Gpu.Tests.Pipeline;

/// <summary>Two devices of ILGPU at once: the bytes of one.</summary>
[NonParallelizable]
public sealed class SeveralDevicesTests
{
    [Test]
    [Category("Slow")]
    public void Two_accelerators_leave_the_bytes_of_one()
    {
        using var run = new SyntheticCalibration(32);
        using var folder = new TemporaryFolder();
        using GpuDevice first = GpuDevice.Open("ilgpu-cpu:1"), second = GpuDevice.Open("ilgpu-cpu:1");
        using GpuPruning one = new(first, threads: 1), two = new(second, threads: 1);
        Make("one", one);
        Make("two", new DevicePool([one, two]));
        Assert.That(Bytes(folder["two"]), Is.EqualTo(Bytes(folder["one"])));
        Assert.That(Bytes(folder["two"]), Has.Length.EqualTo(6), "four Grams and the levels of two layers");

        void Make(string name, IPruningDevice device)
        {
            Calibrator.Run(run.Model, run.Runner, run.Windows, folder[$"{name}/grams"], device: device);
            LevelBuilder.Run(run.Model, new GramFolder(folder[$"{name}/grams"], run.Grams.Source), new LevelOptions(), folder[$"{name}/levels"],
                device: device);
        }
    }

    [Test]
    public void Every_cuda_device_is_opened_or_the_lack_is_told()
    {
        try
        {
            var devices = GpuDevice.OpenEveryCuda();
            Assert.That(devices.Select(device => device.Name).Distinct().Count(), Is.EqualTo(1));
            foreach (var device in devices)
                device.Dispose();
        }
        catch (GpuDeviceException missing)
        {
            Assert.That(missing.Message, Does.Contain("'cuda:all'"));
        }
    }

    private static string[] Bytes(string folder) =>
    [
        .. Directory.GetFiles(folder, "*", SearchOption.AllDirectories)
            .Select(path => $"{Path.GetRelativePath(folder, path)} {Convert.ToHexString(File.ReadAllBytes(path))}")
            .Order(StringComparer.Ordinal),
    ];
}
