using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;
using ForgePrune.Testing;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>host_driver.c as a loaded library: NVIDIA's driver, as far as contexts and copies go, on a machine without one.</summary>
internal sealed unsafe class MadeDriver : IDisposable
{
    private static readonly Dictionary<string, byte[]> Compiled = [];

    private readonly TemporaryFolder folder = new();
    private readonly nint library;

    /// <param name="option">Of the compiler; empty for none.</param>
    public MadeDriver(string option = "")
    {
        // A file of its own: a library that is loaded twice from one file is one, with one state.
        var file = folder["libcuda.so.1"];
        if (!Compiled.TryGetValue(option, out var bytes))
        {
            Compile(file, option);
            Compiled[option] = bytes = File.ReadAllBytes(file);
        }

        File.WriteAllBytes(file, bytes);
        library = NativeLibrary.Load(file);
    }

    public nint Library => library;

    /// <summary>What was called since <see cref="Forget"/>, in order.</summary>
    public string[] Calls => Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)Of("host_driver_calls"))())!
        .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Pieces of memory that nobody gave back.</summary>
    public int Taken => ((delegate* unmanaged<int>)Of("host_driver_taken"))();

    /// <summary>Contexts on the calling thread, of which the last is current.</summary>
    public int Depth => ((delegate* unmanaged<int>)Of("host_driver_depth"))();

    /// <summary>The handle of the context that is current on the calling thread.</summary>
    public nint Current
    {
        get
        {
            nint context;
            ((delegate* unmanaged<nint*, int>)Of("cuCtxGetCurrent"))(&context);
            return context;
        }
        set => Assert.That(((delegate* unmanaged<nint, int>)Of("cuCtxSetCurrent"))(value), Is.Zero);
    }

    public void Forget() => ((delegate* unmanaged<void>)Of("host_driver_forget"))();

    /// <summary>A context as ILGPU makes one, which is current afterwards.</summary>
    public nint Create(int device)
    {
        nint context;
        Assert.That(((delegate* unmanaged<nint*, uint, int, int>)Of("cuCtxCreate_v2"))(&context, 0, device), Is.Zero);
        return context;
    }

    public void Destroy(nint context) => ((delegate* unmanaged<nint, int>)Of("cuCtxDestroy_v2"))(context);

    public void Dispose()
    {
        NativeLibrary.Free(library);
        folder.Dispose();
    }

    private static void Compile(string file, string option)
    {
        var source = Path.Combine(Shared.Root, "tests", "ForgePrune.Kernels.Gpu.Tests", "host_driver.c");
        string[] options = option.Length > 0 ? [option] : [];
        try
        {
            using var gcc = Process.Start("gcc", [.. options, "-std=c11", "-shared", "-fPIC", "-o", file, source]);
            gcc.WaitForExit();
            Assert.That(gcc.ExitCode, Is.Zero);
        }
        catch (Win32Exception)
        {
            Assert.Ignore("needs gcc");
        }
    }

    private nint Of(string function) => NativeLibrary.GetExport(library, function);
}
