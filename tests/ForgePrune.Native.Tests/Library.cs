using System.Runtime.InteropServices;
using ForgePrune.Testing;

namespace ForgePrune.Native.Tests;

/// <summary>libforgeprune, published from the sources as they are and loaded into this process.</summary>
internal static unsafe class Library
{
    private static readonly Lazy<string> Published = new(Publish);
    private static readonly Lazy<nint> Loaded = new(() => NativeLibrary.Load(Published.Value));

    public static string File => Published.Value;

    public static nint Export(string name) => NativeLibrary.GetExport(Loaded.Value, name);

    public static string LastError => Marshal.PtrToStringUTF8(((delegate* unmanaged<nint>)Export("fp_last_error"))())!;

    private static string Publish()
    {
        if (!OperatingSystem.IsLinux() || RuntimeInformation.ProcessArchitecture != Architecture.X64 || !Commands.Works("gcc", "--version"))
            Assert.Ignore("libforgeprune is built here on Linux x64 with gcc only");
        Commands.Run(Shared.Root, "dotnet", "publish", "kernels/ForgePrune.Native", "-c", "Release", "-r", "linux-x64", "--verbosity", "quiet",
            "-nodereuse:false");
        return Path.Combine(Shared.Root, "artifacts/publish/ForgePrune.Native/release_linux-x64/libforgeprune.so");
    }
}
