namespace ForgePrune.IO;

/// <summary>Reading files that other machines write and replace. A network file system answers questions about a file from memory, for seconds; opening
/// it asks the server (close-to-open consistency, RFC 7530, section 10.3.1). So files are opened, never asked for first.</summary>
internal static class SharedFile
{
    // ESTALE of Linux: the file behind the handle was replaced on the server. The next open finds the new one.
    private const int Stale = 116;

    private const int BufferBytes = 1 << 20, Attempts = 20;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>Opens a file for reading; null where there is none.</summary>
    public static FileStream? TryOpen(string path) => TryOpen(path, file => new FileStream(file, FileMode.Open, FileAccess.Read,
        FileShare.ReadWrite | FileShare.Delete, BufferBytes));

    /// <param name="open">Opens the file.</param>
    /// <exception cref="IOException">The handle stays stale, or another fault of the disk.</exception>
    internal static FileStream? TryOpen(string path, Func<string, FileStream> open)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return open(path);
            }
            catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
            {
                return null;
            }
            catch (IOException fault) when (fault.HResult == Stale && attempt < Attempts)
            {
                Thread.Sleep(Pause);
            }
        }
    }

    /// <summary>What must be there, but may have been written by another machine a moment ago: asks again for a bounded time.</summary>
    /// <param name="found">What is wanted; null where it is not there yet.</param>
    public static T? Await<T>(Func<T?> found)
        where T : class
    {
        for (var attempt = 1; ; attempt++)
        {
            if (found() is { } there)
                return there;
            if (attempt == Attempts)
                return null;
            Thread.Sleep(Pause);
        }
    }

    /// <summary>What a network file system keeps of a deleted file that a process still has open.</summary>
    public static bool IsGhost(string path) => Path.GetFileName(path).StartsWith(".nfs", StringComparison.Ordinal);
}
