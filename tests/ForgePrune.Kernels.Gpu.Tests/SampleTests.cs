using System.ComponentModel;
using System.Diagnostics;
using ForgePrune.Kernels.Gpu.Tests.Ptx;
using ForgePrune.Testing;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>The samples for other stacks, with the PTX of an export.</summary>
public sealed class SampleTests
{
    private const int NoGpu = 77;

    private static string Project(string relative) => Path.Combine(Shared.Root, "kernels", "ForgePrune.Kernels.Gpu", relative);

    [Test]
    public void C_compiles_without_cuda_and_gives_the_gram_of_the_host()
    {
        using var folder = new TemporaryFolder();
        var ptx = OptimizedPtx.Export(folder);
        Compile(ptx, "-o", folder["gram"], Project("samples/c/gram.c"), "-ldl", "-lm");
        RequireRight(Run(folder["gram"], [ptx]));
    }

    [Test]
    [NUnit.Framework.Category("Slow")]
    public void C_passes_what_the_header_asks_for()
    {
        using var folder = new TemporaryFolder();
        var ptx = OptimizedPtx.Export(folder);
        Compile(ptx, "-o", folder["gram"], Project("samples/c/gram.c"), "-ldl", "-lm");
        Compile(ptx, "-shared", "-fPIC", "-o", folder["libcuda.so.1"], Path.Combine(Shared.Root, "tests", "ForgePrune.Kernels.Gpu.Tests", "host_driver.c"));
        var run = Run(folder["gram"], [ptx], ("LD_LIBRARY_PATH", folder.Path));
        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Error);
        Assert.That(run.Output, Does.StartWith("largest difference"));
    }

    [Test]
    public void Cupy_gives_the_gram_of_the_host()
    {
        // A user's own Python may lack NumPy where the system's has it.
        var python = new[] { "python3", "/usr/bin/python3" }.FirstOrDefault(name => Run(name, ["-c", "import numpy"]).ExitCode == 0);
        if (python is null)
            Assert.Ignore("needs Python 3 with NumPy");
        using var folder = new TemporaryFolder();
        RequireRight(Run(python!, [Project("samples/cupy/gram.py"), OptimizedPtx.Export(folder)]));
    }

    private static void Compile(string ptx, params string[] arguments)
    {
        var compiled = Run("gcc", ["-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-I", ptx, .. arguments]);
        Assert.That(compiled.ExitCode, Is.Zero, compiled.Error);
    }

    private static void RequireRight((int ExitCode, string Output, string Error) run)
    {
        if (run.ExitCode == NoGpu)
            Assert.Inconclusive(run.Error);
        Assert.That(run.ExitCode, Is.Zero, run.Output + run.Error);
        TestContext.Out.WriteLine(run.Output);
    }

    private static (int ExitCode, string Output, string Error) Run(string program, string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        try
        {
            using var process = Process.Start(start)!;
            var error = process.StandardError.ReadToEndAsync();
            var output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.Result);
        }
        catch (Win32Exception)
        {
            Assert.Ignore($"needs {program}");
            throw;
        }
    }
}
