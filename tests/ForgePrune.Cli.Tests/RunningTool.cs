using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using ForgePrune.Testing;

namespace ForgePrune.Cli.Tests;

/// <summary>The real program while it works, to be disturbed.</summary>
internal sealed partial class RunningTool : IDisposable
{
    private const int Interrupt = 2, Terminate = 15;

    // SIGSTOP and SIGCONT, which macOS numbers otherwise.
    private static readonly int Stop = OperatingSystem.IsMacOS() ? 17 : 19, Continue = OperatingSystem.IsMacOS() ? 19 : 18;

    private readonly Process process;
    private readonly Task<string> output, error;

    public RunningTool(TemporaryFolder folder, params string[] words)
    {
        process = Process.Start(Tool.StartInfo(folder, words))!;
        (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
    }

    public bool HasExited => process.HasExited;

    /// <summary>The processes that it has started and that still run; none where the system does not tell.</summary>
    public int[] Children()
    {
        try
        {
            return [.. File.ReadAllText($"/proc/{process.Id}/task/{process.Id}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)];
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>SIGKILL to another process, which may have ended.</summary>
    public static void Kill(int id) => _ = Send(id, 9);

    /// <summary>SIGKILL: no handler runs.</summary>
    public void Kill() => process.Kill();

    /// <summary>What Ctrl-C sends. The test is inconclusive where a shell began it in the background: such programs ignore the signal.</summary>
    public void PressCtrlC()
    {
        if (Ignores(Interrupt))
            Assert.Inconclusive("these tests were begun in the background of a shell (&), where programs ignore Ctrl-C; begin them in the foreground");
        Assert.That(Send(process.Id, Interrupt), Is.Zero);
    }

    private bool Ignores(int signal)
    {
        const string Mask = "SigIgn:";
        var status = $"/proc/{process.Id}/status";
        return File.Exists(status) && File.ReadLines(status).First(line => line.StartsWith(Mask, StringComparison.Ordinal)) is var line
            && (ulong.Parse(line[Mask.Length..], NumberStyles.HexNumber, CultureInfo.InvariantCulture) >> (signal - 1) & 1) != 0;
    }

    /// <summary>What services, queues and timeouts send.</summary>
    public void AskToEnd() => Assert.That(Send(process.Id, Terminate), Is.Zero);

    /// <summary>Holds the program where it is: however slow the machine, it is not over when it goes on.</summary>
    public void Freeze() => Assert.That(Send(process.Id, Stop), Is.Zero);

    public void GoOn() => Assert.That(Send(process.Id, Continue), Is.Zero);

    /// <returns>False when the time is over first.</returns>
    public bool EndsWithin(TimeSpan time) => process.WaitForExit(time);

    public Tool End()
    {
        process.WaitForExit();
        return new Tool(process.ExitCode, output.Result, error.Result);
    }

    public void Dispose()
    {
        if (!process.HasExited)
            process.Kill();
        process.WaitForExit();
        process.Dispose();
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Send(int process, int signal);
}
