using System.Diagnostics;

namespace ForgePrune.Cli.Tests.EndToEnd;

/// <summary>A disk of a few bytes in a folder; the test is skipped aloud where it must not be mounted.</summary>
internal sealed class SmallDisk : IDisposable
{
    private readonly string place;

    /// <param name="size">As mount reads it: "64k".</param>
    public SmallDisk(string place, string size)
    {
        this.place = Directory.CreateDirectory(place).FullName;
        if (!OperatingSystem.IsLinux() || !Environment.IsPrivilegedProcess || Command("mount", "-t", "tmpfs", "-o", $"size={size}", "tmpfs", place) != 0)
            Assert.Ignore("needs the right to mount a small disk");
    }

    public void Dispose() => Assert.That(Command("umount", place), Is.Zero);

    private static int Command(string name, params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(name, words) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        process.WaitForExit();
        return process.ExitCode;
    }
}
