using System.Runtime.InteropServices;

namespace ForgePrune.IO;

/// <summary>What .NET cannot send.</summary>
internal static partial class Signals
{
    private const int Terminated = 15;

    /// <summary>SIGTERM, which a process may hear and end in good order.</summary>
    public static void Terminate(int process)
    {
        if (OperatingSystem.IsWindows())
            return;
        _ = Send(process, Terminated);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int process, int signal);
}
