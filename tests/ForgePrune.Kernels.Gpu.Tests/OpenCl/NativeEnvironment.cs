using System.Runtime.InteropServices;

namespace ForgePrune.Kernels.Gpu.Tests;

/// <summary>Variables as native libraries of this process see them; those that .NET sets reach child processes alone.</summary>
internal static partial class NativeEnvironment
{
    public static string? Get(string name) => Marshal.PtrToStringUTF8(GetVariable(name));

    public static void Set(string name, string value)
    {
        if (SetVariable(name, value, overwrite: 1) != 0)
            throw new InvalidOperationException($"setenv refuses {name}={value}");
    }

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetVariable(string name);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
