using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.Versioning;
using System.Text.Json;
using ForgePrune.Onnx.Providers;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests.CommandLine;

/// <summary>What doctor says of GPUs, with drivers made for it: right ones, broken ones and none.</summary>
[Parallelizable(ParallelScope.All)]
public sealed class GpuTests
{
    private const string Cuda = "libcuda.so.1", OpenCl = "libOpenCL.so.1";

    [Test]
    [NUnit.Framework.Category("Slow")]
    public void Whatever_is_here_has_a_name_for_device_or_a_reason_and_a_cure()
    {
        using var folder = new TemporaryFolder();
        var apis = Doctor(folder);
        Assert.That(apis.Select(api => api.GetProperty("name").GetString()), Is.EqualTo(new[] { "CUDA", "OpenCL" }));
        foreach (var api in apis)
        {
            TestContext.Out.WriteLine(api);
            if (api.GetProperty("devices").GetArrayLength() == 0)
                Assert.That(new[] { Text(api, "fault"), Text(api, "cure") }, Has.None.Null.And.None.Empty);
            foreach (var device in api.GetProperty("devices").EnumerateArray())
            {
                Assert.That(Text(device, "name"), Is.Not.Empty);
                Assert.That(Text(device, "option") is null, Is.EqualTo(Text(device, "fault") is not null));
                Assert.That(Text(device, "fault") is null, Is.EqualTo(Text(device, "cure") is null));
            }
        }
    }

    [TestCase(Cuda, 0)]
    [TestCase(OpenCl, 1)]
    [NUnit.Framework.Category("Slow")]
    public void A_file_that_is_no_library_is_told_from_none(string library, int index)
    {
        using var folder = new TemporaryFolder();
        folder.Write(library, "not a library, and long enough for the loader to look at its head");
        var api = Doctor(folder)[index];
        Assert.That(Text(api, "fault"), Does.StartWith($"{library} cannot be loaded: ").And.Contain("invalid ELF header"));
        Assert.That(Text(api, "cure"), Does.Contain("anew"));
    }

    [TestCase("crash", "its driver ends the process that asks it with exit code 139", "install it anew")]
    [TestCase("34", "its driver does not start: error 34", "LD_LIBRARY_PATH")]
    [TestCase("100", "error 100, no CUDA-capable device is detected", "nvidia-smi")]
    [TestCase("803", "error 803", "restart the machine")]
    [TestCase("999", "error 999", "nvidia_uvm")]
    [NUnit.Framework.Category("Slow")]
    public void Nvidia_s_driver_may_fail_as_it_likes(string fake, string fault, string cure)
    {
        using var folder = new TemporaryFolder();
        Compile(folder, "fake_cuda.c", Cuda);
        var api = Doctor(folder, ("FAKE", fake))[0];
        Assert.That(Text(api, "fault"), Does.Contain(fault));
        Assert.That(Text(api, "cure"), Does.Contain(cure));
        Assert.That(api.GetProperty("devices").GetArrayLength(), Is.Zero);
    }

    [Test]
    [NUnit.Framework.Category("Slow")]
    public void A_library_of_that_name_that_is_no_driver_is_named()
    {
        using var folder = new TemporaryFolder();
        Compile(folder, "fake_opencl.c", Cuda);
        Assert.That(Text(Doctor(folder)[0], "fault"), Does.Contain("has no cuInit"));
    }

    [Test]
    [NUnit.Framework.Category("Slow")]
    public void Devices_of_nvidia_are_listed_with_what_the_driver_says()
    {
        using var folder = new TemporaryFolder();
        Compile(folder, "fake_cuda.c", Cuda);
        var devices = Doctor(folder)[0].GetProperty("devices");
        Assert.That(devices.GetArrayLength(), Is.EqualTo(2));
        Assert.That(Text(devices[1], "option"), Is.EqualTo("cuda:1"));
        Assert.That(Text(devices[1], "name"), Is.EqualTo("Made H100"));
        Assert.That(Text(devices[1], "computeCapability"), Is.EqualTo("9.0"));
        Assert.That(Text(devices[1], "driver"), Does.StartWith("CUDA 13.0"));
        Assert.That(devices[1].GetProperty("memoryBytes").GetInt64(), Is.EqualTo(80L << 30));
        var table = Run(folder, ["doctor"]).Output;
        Assert.That(table, Does.Contain("cuda:0: Made H100, 80.0 GiB, compute capability 9.0"));
    }

    [Test]
    [NUnit.Framework.Category("Slow")]
    public void A_driver_too_old_for_the_chip_is_named_with_the_one_that_is_needed()
    {
        using var folder = new TemporaryFolder();
        Compile(folder, "fake_cuda.c", Cuda);
        var device = Doctor(folder, ("FAKE_CUDA", "9000"))[0].GetProperty("devices")[0];
        Assert.That(Text(device, "option"), Is.Null);
        Assert.That(Text(device, "fault"), Does.Contain("speaks CUDA 9.0, and the kernels need 11."));
        Assert.That(Text(device, "cure"), Is.EqualTo("install a newer driver"));
    }

    [Test]
    [NUnit.Framework.Category("Slow")]
    public void A_device_that_the_driver_counts_and_does_not_describe_is_not_lost_silently()
    {
        using var folder = new TemporaryFolder();
        Compile(folder, "fake_cuda.c", Cuda);
        var api = Doctor(folder, ("FAKE_LOST", "1"))[0];
        Assert.That(Text(api, "fault"), Is.EqualTo("the driver counts 2 devices and describes 1"));
        Assert.That(api.GetProperty("devices").GetArrayLength(), Is.EqualTo(1));
    }

    [Test]
    [NUnit.Framework.Category("Slow")]
    public void Every_opencl_device_says_what_it_lacks()
    {
        using var folder = new TemporaryFolder();
        Compile(folder, "fake_opencl.c", OpenCl);
        var devices = Doctor(folder)[1].GetProperty("devices").EnumerateArray().ToDictionary(device => Text(device, "name")!);
        Assert.That(devices.Where(device => Text(device.Value, "option") is not null).Select(device => $"{device.Key} {Text(device.Value, "option")}"),
            Is.EqualTo(new[] { "right opencl:0", "second opencl:1" }), "numbered as --device counts them");
        Assert.That(Text(devices["right"], "driver"), Is.EqualTo("OpenCL 3.0, Made 7.5"));
        Assert.That(devices["right"].GetProperty("memoryBytes").GetInt64(), Is.EqualTo(8L << 30));
        foreach (var (name, fault, cure) in new[]
        {
            ("old", "OpenCL C 1.2", "newer driver"), ("plain", "generic address space", "newer driver"), ("single", "float64", "another device"),
            ("narrow", "128 lanes", "another device"), ("small", "32768 bytes", "another device"), ("broken", "does not describe it", "anew"),
                ("hidden", "no further after 'broken'", "/etc/OpenCL/vendors"),
        })
        {
            Assert.That(Text(devices[name], "fault"), Does.Contain(fault), name);
            Assert.That(Text(devices[name], "cure"), Does.Contain(cure), name);
        }
    }

    [TestCase("crash", "its driver ends the process that asks it with exit code 134")]
    [TestCase("none", "libOpenCL.so.1 finds no driver")]
    [NUnit.Framework.Category("Slow")]
    public void Opencl_may_fail_as_it_likes(string fake, string fault)
    {
        using var folder = new TemporaryFolder();
        Compile(folder, "fake_opencl.c", OpenCl);
        var api = Doctor(folder, ("FAKE", fake))[1];
        Assert.That(Text(api, "fault"), Does.Contain(fault));
        Assert.That(Text(api, "cure"), Is.Not.Empty);
    }

    [Test]
    [NUnit.Framework.Category("Slow")]
    [UnsupportedOSPlatform("windows")]
    public void What_serving_needs_is_listed_with_cures_by_driver_libraries_and_nvidia_smi()
    {
        using var folder = new TemporaryFolder();
        Compile(folder, "fake_cuda.c", Cuda);
        Directory.CreateDirectory(folder["cuda/lib64"]);
        Directory.CreateDirectory(folder["bin"]);
        foreach (var library in CudaLibraries.Linked)
            folder.Write($"cuda/lib64/{library}", "");
        folder.Write("bin/nvidia-smi", "#!/bin/sh\necho 'Made H100, 580.65.06, 81920, 81000'\n");
        File.SetUnixFileMode(folder["bin/nvidia-smi"], UnixFileMode.UserRead | UnixFileMode.UserExecute);
        (string, string)[] made = [("CUDA_HOME", folder["cuda"]), ("PATH", $"{folder["bin"]}:{Environment.GetEnvironmentVariable("PATH")}")];
        var tool = Run(folder, ["doctor", "--json"], made);
        using var json = JsonDocument.Parse(tool.Output);
        var rows = json.RootElement.GetProperty("serving").EnumerateArray().ToDictionary(row => Text(row, "name")!);
        Assert.That(rows.Keys, Is.EqualTo(new[] { "build", "provider", "CUDA 13", "driver", "free memory", "CUDA graphs", "bfloat16" }));
        Assert.That(rows.Values.Select(row => row.GetProperty("ready").GetBoolean() == Text(row, "cure") is null), Is.All.True, tool.Output);
        Assert.That(Text(rows["build"], "found"), Does.StartWith("Microsoft.ML.OnnxRuntime").And.Contain(Text(json.RootElement.GetProperty("runtime"),
            "onnxRuntime")));
        Assert.That(Text(rows["CUDA 13"], "found"), Does.Contain(folder["cuda/lib64/libcublas.so.13"]));
        Assert.That(Text(rows["driver"], "found"), Does.StartWith("CUDA 13.0"));
        Assert.That(Text(rows["free memory"], "found"), Is.EqualTo("Made H100 79.1 GiB of 80.0 GiB"));
        Assert.That(Text(rows["bfloat16"], "found"), Does.Contain("9.0"));
        var table = Run(folder, ["doctor"], [.. made, ("FAKE_CUDA", "12080")]).Output.ReplaceLineEndings(" ");
        Assert.That(string.Join(' ', table.Split(' ', StringSplitOptions.RemoveEmptyEntries)), Does.Contain("serving on a GPU build: Microsoft.ML.OnnxRuntime")
            .And.Contain("driver: CUDA 12.8").And.Contain("install NVIDIA's driver 580 or later"));
    }

    private static JsonElement[] Doctor(TemporaryFolder folder, params (string Name, string Value)[] variables)
    {
        var tool = Run(folder, ["doctor", "--json"], variables);
        Assert.That(tool.ExitCode, Is.Zero, tool.Error);
        using var json = JsonDocument.Parse(tool.Output);
        return [.. json.RootElement.GetProperty("gpu").EnumerateArray().Select(api => api.Clone())];
    }

    private static Tool Run(TemporaryFolder folder, string[] words, params (string Name, string Value)[] variables)
    {
        if (!OperatingSystem.IsLinux())
            Assert.Ignore("needs Linux, whose loader takes libraries from LD_LIBRARY_PATH");
        var start = Tool.StartInfo(folder, words);
        // A driver that is made stands before the machine's own.
        start.Environment["LD_LIBRARY_PATH"] = folder.Path;
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        return Tool.Run(start);
    }

    private static string? Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.GetString() : null;

    private static void Compile(TemporaryFolder folder, string source, string library)
    {
        try
        {
            using var gcc = Process.Start(new ProcessStartInfo(
                "gcc", ["-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", folder[library],
                    Path.Combine(Shared.Root, "tests", "ForgePrune.Cli.Tests", "Drivers", source)])
            {
                RedirectStandardError = true,
            })!;
            var error = gcc.StandardError.ReadToEnd();
            gcc.WaitForExit();
            Assert.That(gcc.ExitCode, Is.Zero, error);
        }
        catch (Win32Exception)
        {
            Assert.Ignore("needs gcc");
        }
    }
}
