using System.Text;
using ForgePrune.Errors;
using ForgePrune.IO;

namespace ForgePrune.Pipeline.Runs;

/// <summary>Keeps a second run out of a folder. On one machine the operating system holds the lock, not the file's presence: however the process ends,
/// SIGKILL included, the lock is free again, and a file left lying means nothing. Between machines such locks may or may not hold (NFS mounted with nolock,
/// Lustre without flock), so the file also says who took it and is emptied by whoever lets go: what another machine left is refused.</summary>
internal sealed class RunLock : IDisposable
{
    public const string FileName = ".lock";

    private readonly FileStream stream;

    private RunLock(FileStream stream) => this.stream = stream;

    public static RunLock Take(string folder)
    {
        var path = Path.Combine(folder, FileName);
        FileStream stream;
        try
        {
            stream = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException fault) when (WriteErrors.IsHeld(fault) && Holder(path) is { } holder)
        {
            throw new BadInputException(
                $"another run{holder} is using {folder}; wait until it ends or choose another `Out`", fault);
        }
        catch (Exception fault) when (WriteErrors.IsWriteFault(fault))
        {
            throw WriteErrors.Translate(fault, folder);
        }

        try
        {
            Claim(folder, stream, LockHolder.Own);
        }
        catch
        {
            stream.Dispose();
            throw;
        }

        return new RunLock(stream);
    }

    private static void Claim(string folder, FileStream stream, LockHolder own)
    {
        var text = new byte[LockHolder.LongestText];
        var left = LockHolder.Parse(Encoding.UTF8.GetString(text, 0, WriteErrors.Guard(folder, () => stream.ReadAtLeast(text, text.Length, false))));
        if (left is not null && !left.IsGone(own))
        {
            throw new BadInputException($"{folder} was taken by process {left.Process} on {left.Host}, and from {own.Host} nobody can see whether that still "
                + $"runs; wait until it ends, or delete {Path.Combine(folder, FileName)} once you know that it is gone");
        }

        WriteErrors.Guard(folder, () =>
        {
            stream.SetLength(0);
            stream.Write(Encoding.UTF8.GetBytes(own.ToString()));
            stream.Flush(flushToDisk: true);
        });
    }

    /// <summary>Whether a file is a lock's: its name, and nothing in it but its holder, which cannot be read while that process holds it. Taking it overwrites
    /// that.</summary>
    public static bool IsOurs(string path) => Path.GetFileName(path) == FileName && new FileInfo(path) is { Exists: true } file
        && (file.Length == 0 || (file.Length <= LockHolder.LongestText && (Holder(path) is { Length: > 0 } || IsHeld(path))));

    // The file stays: deleting it would race with a run that has just opened it. Emptied, it holds nobody off.
    public void Dispose()
    {
        try
        {
            stream.SetLength(0);
        }
        catch (Exception fault) when (WriteErrors.IsWriteFault(fault))
        {
            // The work is done; the next run says who seems to hold the folder.
        }

        stream.Dispose();
    }

    private static bool IsHeld(string path)
    {
        try
        {
            using var free = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return false;
        }
        catch (IOException fault)
        {
            return WriteErrors.IsHeld(fault);
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>" (process 123)" where the lock's file can be read (not on Windows), with the machine where that is another; empty where not, null when nobody
    /// holds it.</summary>
    private static string? Holder(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            return LockHolder.Parse(reader.ReadToEnd()) is not { } holder ? ""
                : holder.Host is { } host && host != ProcessName.Host ? $" (process {holder.Process} on {host})" : $" (process {holder.Process})";
        }
        catch (IOException)
        {
            return "";
        }
        catch (UnauthorizedAccessException)
        {
            return null;
        }
    }
}
