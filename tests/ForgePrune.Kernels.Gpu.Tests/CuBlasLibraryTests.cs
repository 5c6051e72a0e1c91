using System.ComponentModel;
using System.Diagnostics;
using ForgePrune.Testing;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>Which library is taken for cuBLAS, with made ones: no real one starts without a GPU.</summary>
public sealed class CuBlasLibraryTests
{
    private const string Whole = """
        int cublasDestroy_v2(void *handle) { (void)handle; return 0; }
        int cublasSetStream_v2(void) { return 0; }
        int cublasDgemm_v2(void) { return 0; }
        int cublasSgemm_v2(void) { return 0; }
        int cublasCreate_v2(void **handle) { *handle = 0; return STATUS; }
        """;

    [Test]
    public void Where_there_is_none_it_is_said()
    {
        using var folder = new TemporaryFolder();
        var (file, _, fault) = CuBlasLibrary.Find([folder.Path + "/"]);
        Assert.That(file, Is.Null);
        Assert.That(fault, Is.EqualTo("libcublas.so.13, or that of CUDA 10 to 12, is not on this machine"));
    }

    [Test]
    public void The_newest_that_starts_is_taken()
    {
        using var folder = new TemporaryFolder();
        Make(folder, 13, "int something_else(void) { return 0; }");
        Assert.That(CuBlasLibrary.Find([folder.Path + "/"]).Fault, Does.EndWith("libcublas.so.13 is no cuBLAS: it lacks cublasCreate_v2"));
        Make(folder, 12, Whole.Replace("STATUS", "1", StringComparison.Ordinal));
        Assert.That(CuBlasLibrary.Find([folder.Path + "/"]).Fault, Does.Contain("; ")
            .And.EndsWith("libcublas.so.12 does not start: status 1, as of a driver that is older than it"));
        Make(folder, 11, Whole.Replace("STATUS", "0", StringComparison.Ordinal));
        Make(folder, 10, Whole.Replace("STATUS", "0", StringComparison.Ordinal));
        var (file, library, fault) = CuBlasLibrary.Find([folder.Path + "/"]);
        Assert.That((file, fault), Is.EqualTo((folder["libcublas.so.11"], (string?)null)));
        Assert.That(library != 0);
    }

    [TestCase(10201, ExpectedResult = "10.2.1")]
    [TestCase(11501, ExpectedResult = "11.5.1")]
    [TestCase(120406, ExpectedResult = "12.4.6")]
    [TestCase(130100, ExpectedResult = "13.1.0")]
    public string A_version_is_written_as_nvidia_does(int version) => CuBlasProducts.Words(version);

    [TestCase("ilgpu-cpu:4/exact")]
    [TestCase("cpu/exact")]
    public void Only_cuda_has_products_to_choose_from(string name) =>
        Assert.That(() => new GpuComputeDevice(name).Open(1), Throws.TypeOf<GpuDeviceException>().With.Message.Contains($"'{name}' names no device"));

    [TestCase("cuda:4000")]
    [TestCase("cuda:4000/exact")]
    public void Both_choices_open_the_same_device(string name) =>
        Assert.That(() => new GpuComputeDevice(name).Open(1), Throws.TypeOf<GpuDeviceException>().With.Message.Contains("'cuda:4000'"));

    [Test]
    public void What_runs_is_said_aloud()
    {
        Assert.That(GpuComputeDevice.Remark("H", null, "it is not on this machine"),
            Is.EqualTo("dense products on 'H' are computed by our own kernel, and not by cuBLAS: it is not on this machine"));
        Assert.That(GpuComputeDevice.Remark("H", null, null), Is.Null);
        using var device = new GpuComputeDevice("ilgpu-cpu:4").Open(1);
        Assert.That(device.Remarks, Is.Empty);
        Assert.That(device.Compute.Name, Does.EndWith(", kernels 3"));
    }

    private static void Make(TemporaryFolder folder, int version, string source)
    {
        var path = folder[$"libcublas.so.{version}"];
        File.WriteAllText(path + ".c", source);
        try
        {
            using var gcc = Process.Start("gcc", ["-shared", "-fPIC", "-o", path, path + ".c"]);
            gcc.WaitForExit();
            Assert.That(gcc.ExitCode, Is.Zero);
        }
        catch (Win32Exception)
        {
            Assert.Ignore("needs gcc");
        }
    }
}
