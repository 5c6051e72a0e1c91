using System.Diagnostics;
using System.Globalization;

namespace ForgePrune.IO;

/// <summary>What a new folder is until it is whole: NAME.ID.partial beside its place, in it the files and a mark that its process keeps locked.
/// So a folder that a killed process left is told from that of a living one, and from everybody else's.</summary>
internal sealed class UnfinishedFolder : IDisposable
{
    private const string Ending = ".partial", MarkName = ".forgeprune", FilesName = "files", Signature = "forgeprune unfinished folder";
    private const int IdLength = 32;

    /// <summary>By how much the name of an unfinished folder is longer: a dot, the id and the ending.</summary>
    public const int AddedLength = 41;

    private readonly string target, path;
    private readonly FileStream mark;

    private UnfinishedFolder(string target, string path)
    {
        (this.target, this.path) = (target, path);
        try
        {
            Files = Directory.CreateDirectory(Path.Combine(path, FilesName)).FullName;
            mark = new FileStream(Path.Combine(path, MarkName), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None);
            mark.Write(System.Text.Encoding.UTF8.GetBytes(string.Join('\n', Signature, Environment.MachineName, Environment.ProcessId)));
            mark.Flush();
        }
        catch
        {
            mark?.Dispose();
            Delete(path);
            throw;
        }
    }

    /// <summary>The folder to fill.</summary>
    public string Files { get; }

    /// <summary>The id is random: the folder is nobody's before.</summary>
    public static UnfinishedFolder Create(string target) => new(target, $"{target}.{Guid.NewGuid():N}{Ending}");

    /// <summary>Deletes what killed processes left of <paramref name="target"/>. What does not prove to be that stays.</summary>
    /// <exception cref="Errors.BadInputException">A living process is at work there.</exception>
    public static void Clear(string target)
    {
        var parent = Path.GetDirectoryName(target)!;
        if (!Directory.Exists(parent))
            return;
        foreach (var folder in Directory.EnumerateDirectories(parent, "*", new EnumerationOptions
        {
            AttributesToSkip = FileAttributes.ReparsePoint,
            IgnoreInaccessible = true
        }))
        {
            if (IsNamedFor(target, folder) && IsAbandoned(target, folder))
                Delete(folder);
        }
    }

    /// <summary>To the disk, and to its place: the rename happens only where nothing is.</summary>
    public void Publish()
    {
        foreach (var file in Directory.EnumerateFiles(Files, "*", SearchOption.AllDirectories))
            Flush(file);
        try
        {
            Directory.Move(Files, target);
        }
        catch (IOException fault) when (NewFolder.IsTaken(target))
        {
            throw NewFolderErrors.Overtaken(target, fault);
        }
    }

    /// <summary>Removes what was not published.</summary>
    public void Dispose()
    {
        mark.Dispose();
        Delete(path);
    }

    private static bool IsNamedFor(string target, string folder) =>
        folder.Length == target.Length + 1 + IdLength + Ending.Length && folder.StartsWith(target + ".", StringComparison.Ordinal)
        && folder.EndsWith(Ending, StringComparison.Ordinal) && folder.AsSpan(target.Length + 1, IdLength).ContainsAnyExcept("0123456789abcdef") is false;

    /// <summary>Locks do not hold on every file system, so the process must be gone too; and only what is written here may lie there.</summary>
    private static bool IsAbandoned(string target, string folder)
    {
        var file = Path.Combine(folder, MarkName);
        try
        {
            using var reader = new StreamReader(new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.None));
            return reader.ReadToEnd().Split('\n') is [Signature, var machine, var process] && machine == Environment.MachineName
                && int.TryParse(process, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && !IsRunning(id)
                && Directory.EnumerateFileSystemEntries(folder).All(entry => Path.GetFileName(entry) is MarkName or FilesName);
        }
        catch (IOException fault) when (WriteErrors.IsHeld(fault))
        {
            throw NewFolderErrors.Busy(target, fault);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool IsRunning(int id)
    {
        try
        {
            using var process = Process.GetProcessById(id);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    /// <summary>To the disk.</summary>
    internal static void Flush(string file)
    {
        // Windows flushes only what may be written; elsewhere a copy of a read-only file may be read-only too.
        using var handle = File.OpenHandle(file, FileMode.Open, OperatingSystem.IsWindows() ? FileAccess.ReadWrite : FileAccess.Read);
        RandomAccess.FlushToDisk(handle);
    }

    /// <summary>Quietly: a fault that led here is the one to report, and what stays is named as unfinished.</summary>
    private static void Delete(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
        }
    }
}
