using ForgePrune.Errors;
using ForgePrune.IO;

namespace ForgePrune.Pipeline.Runs;

/// <summary>Keeps a second run out of a folder. The operating system holds the lock, not the file's presence: however the process ends,
/// SIGKILL included, the lock is free again, and a file left lying means nothing.</summary>
internal sealed class RunLock : IDisposable
{
    public const string FileName = ".lock";

    /// <summary>Ten digits, a minus sign that none has, and the line's end.</summary>
    private const int LongestId = 12;

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
        catch (IOException fault) when (fault.GetType() == typeof(IOException) && Holder(path) is { } holder)
        {
            throw new BadInputException(
                $"another run{holder} is using {folder}; wait until it ends or choose another `Out`", fault);
        }
        catch (Exception fault) when (WriteErrors.IsWriteFault(fault))
        {
            throw WriteErrors.Translate(fault, folder);
        }

        WriteErrors.Guard(path, () =>
        {
            stream.SetLength(0);
            stream.Write(System.Text.Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"));
            stream.Flush();
        });
        return new RunLock(stream);
    }

    /// <summary>Whether a file is a lock's: its name, and nothing in it but the number of a process, which cannot be read while that process holds it.
    /// Taking it overwrites that.</summary>
    public static bool IsOurs(string path) => Path.GetFileName(path) == FileName && new FileInfo(path) is { Exists: true } file
        && (file.Length == 0 || (file.Length <= LongestId && (Holder(path) is { Length: > 0 } || IsHeld(path))));

    // The file stays: deleting it would race with a run that has just opened it.
    public void Dispose() => stream.Dispose();

    private static bool IsHeld(string path)
    {
        try
        {
            using var free = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return false;
        }
        catch (IOException fault)
        {
            return fault.GetType() == typeof(IOException);
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    /// <summary>" (process 123)" where the lock's file can be read (not on Windows), empty where not, null when nobody holds it.</summary>
    private static string? Holder(string path)
    {
        if (!File.Exists(path))
            return null;
        try
        {
            using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            return int.TryParse(reader.ReadLine(), out var id) ? $" (process {id})" : "";
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
