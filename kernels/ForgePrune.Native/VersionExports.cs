using System.Runtime.InteropServices;

namespace ForgePrune.Native;

internal static class VersionExports
{
    /// <summary>major · 65536 + minor · 256 + patch of the library.</summary>
    [UnmanagedCallersOnly(EntryPoint = "fp_version")]
    public static uint Version()
    {
        var version = typeof(VersionExports).Assembly.GetName().Version!;
        return (uint)((version.Major << 16) | (version.Minor << 8) | version.Build);
    }

    [UnmanagedCallersOnly(EntryPoint = "fp_last_error")]
    public static nint LastError() => NativeCall.LastMessage();
}
