using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace ForgePrune.Onnx;

/// <summary>Forbids ONNX Runtime and GenAI to send telemetry, before their libraries load.</summary>
/// <remarks>Their official builds send by default, ONNX Runtime 1.31.1 included; its call DisableTelemetryEvents does not stop that. This variable does,
/// once it is set in the environment that native code sees before the library loads.
/// <see cref="Environment.SetEnvironmentVariable(string, string)"/> changes only .NET's own copy there, so libc is asked.</remarks>
internal static partial class Telemetry
{
    public const string Variable = "ORT_DISABLE_TELEMETRY";

    /// <summary>The variable as native code sees it.</summary>
    public static string? NativeValue =>
        OperatingSystem.IsWindows() ? Environment.GetEnvironmentVariable(Variable) : Marshal.PtrToStringUTF8(GetVariable(Variable));

    // CA2255 warns because an initializer runs unasked. Here that is the point: no use of this assembly may come before it.
#pragma warning disable CA2255
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Forbid()
    {
        if (!OperatingSystem.IsWindows() && SetVariable(Variable, "1", 1) != 0)
            throw new InvalidOperationException($"libc setenv refused {Variable} (errno {Marshal.GetLastPInvokeError()})");
        Environment.SetEnvironmentVariable(Variable, "1");
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int SetVariable(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetVariable(string name);
}
