using System.Diagnostics;

namespace ForgePrune.IO;

/// <summary>Reading files that other machines write and replace. A network file system answers questions about a file from memory, for seconds; opening
/// it asks the server (close-to-open consistency, RFC 7530, section 10.3.1). So files are opened, never asked for first.</summary>
internal static class SharedFile
{
    // ESTALE of Linux: the file behind the handle was replaced on the server. The next open finds the new one.
    private const int Stale = 116;

    private const int BufferBytes = 1 << 20;

    // An NFS client believes what it remembers of a folder for up to a minute (acdirmax, nfs(5)). On a disk of its own a machine sees everything at once, and
    // only another process may be in the midst of a rename.
    private static readonly TimeSpan NetworkPatience = TimeSpan.FromMinutes(1), LocalPatience = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100), LongestPause = TimeSpan.FromSeconds(2);

    /// <summary>For how long a file that should be there is asked for again.</summary>
    public static TimeSpan PatienceAt(string path)
    {
        try
        {
            return new DriveInfo(Path.GetFullPath(path)).DriveType == DriveType.Network ? NetworkPatience : LocalPatience;
        }
        catch (Exception fault) when (fault is ArgumentException || WriteErrors.IsWriteFault(fault))
        {
            return LocalPatience;
        }
    }

    /// <summary>Opens a file for reading; null where there is none.</summary>
    public static FileStream? TryOpen(string path) => TryOpen(path, file => new FileStream(file, FileMode.Open, FileAccess.Read,
        FileShare.ReadWrite | FileShare.Delete, BufferBytes));

    /// <summary>Whether a file is there, by opening it.</summary>
    public static bool IsThere(string path)
    {
        using var file = TryOpen(path);
        return file is not null;
    }

    /// <param name="open">Opens the file.</param>
    /// <exception cref="IOException">The handle stays stale, or another fault of the disk.</exception>
    internal static FileStream? TryOpen(string path, Func<string, FileStream> open)
    {
        try
        {
            return WithFreshHandle(path, () => open(path));
        }
        catch (Exception fault) when (fault is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Repeats <paramref name="read"/>, which opens <paramref name="path"/>, while the file behind its handle is replaced on the server.</summary>
    /// <param name="read">Begins anew each time.</param>
    /// <exception cref="IOException">The handle stays stale for a minute, or another fault of the disk.</exception>
    public static T WithFreshHandle<T>(string path, Func<T> read)
    {
        for (var pauses = new Pauses(NetworkPatience); ;)
        {
            try
            {
                return read();
            }
            // Only network file systems know stale handles: this is one, whatever it calls itself.
            catch (IOException fault) when (fault.HResult == Stale)
            {
                if (!pauses.Wait())
                    throw;
            }
        }
    }

    /// <summary>What must be there, but may have been written by another machine a moment ago: asks again for as long as that may stay hidden.</summary>
    /// <param name="path">Where it should lie, or a folder above.</param>
    /// <param name="found">What is wanted; null where it is not there yet.</param>
    public static T? Await<T>(string path, Func<T?> found)
        where T : class => Await(PatienceAt(path), found);

    /// <inheritdoc cref="Await{T}(string, Func{T})"/>
    internal static T? Await<T>(TimeSpan patience, Func<T?> found)
        where T : class
    {
        for (var pauses = new Pauses(patience); ;)
        {
            if (found() is { } there)
                return there;
            if (!pauses.Wait())
                return null;
        }
    }

    /// <summary>What a network file system keeps of a deleted file that a process still has open.</summary>
    public static bool IsGhost(string path) => Path.GetFileName(path).StartsWith(".nfs", StringComparison.Ordinal);

    /// <summary>Waits that grow, within a bounded time.</summary>
    private sealed class Pauses(TimeSpan patience)
    {
        private readonly Stopwatch clock = Stopwatch.StartNew();
        private TimeSpan next = Pause;

        /// <returns>False once the time is over.</returns>
        public bool Wait()
        {
            if (clock.Elapsed >= patience)
                return false;
            Thread.Sleep(next);
            next = next * 2 < LongestPause ? next * 2 : LongestPause;
            return true;
        }
    }
}
