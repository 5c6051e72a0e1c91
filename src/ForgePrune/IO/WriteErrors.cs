using ForgePrune.Errors;

namespace ForgePrune.IO;

/// <summary>Turns what the operating system says when a write fails into one sentence with its cure.</summary>
internal static class WriteErrors
{
    // Raw errno on Unix; the low word of the Win32 HRESULT on Windows.
    private const int UnixNoSpace = 28, UnixReadOnly = 30, UnixQuota = 122, UnixFileTooBig = 27;
    private const int WindowsHandleDiskFull = unchecked((int)0x80070027), WindowsDiskFull = unchecked((int)0x80070070),
        WindowsWriteProtected = unchecked((int)0x80070013);

    // EWOULDBLOCK of Linux and of macOS; ERROR_SHARING_VIOLATION.
    private const int LinuxHeld = 11, MacHeld = 35, WindowsHeld = unchecked((int)0x80070020);

    /// <summary>True for the faults a write can meet; everything else is a programming error and passes through.</summary>
    public static bool IsWriteFault(Exception fault) => fault is IOException or UnauthorizedAccessException;

    /// <summary>True where the disk itself says no: no read meets these.</summary>
    public static bool IsDiskFault(IOException fault) => fault.HResult
        is UnixNoSpace or UnixQuota or UnixReadOnly or UnixFileTooBig or WindowsHandleDiskFull or WindowsDiskFull or WindowsWriteProtected;

    /// <summary>True where a file did not open because a process holds it, and for no other reason: a disk that is full or read-only refuses a lock too.</summary>
    public static bool IsHeld(IOException fault) => fault.HResult is LinuxHeld or MacHeld or WindowsHeld;

    /// <summary>The fault of writing <paramref name="path"/>: bad input where the path is too long, which a user can mend at once, else an environment
    /// error.</summary>
    public static ForgePruneException Translate(Exception fault, string path) => fault is PathTooLongException
        ? new BadInputException(Sentence(fault, path), fault)
        : new BrokenEnvironmentException(Sentence(fault, path), fault);

    /// <summary>Runs <paramref name="write"/>; a failed write becomes one sentence about <paramref name="path"/>.</summary>
    public static T Guard<T>(string path, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception fault) when (IsWriteFault(fault))
        {
            throw Translate(fault, path);
        }
    }

    /// <inheritdoc cref="Guard{T}"/>
    public static void Guard(string path, Action write) => Guard(path, () =>
    {
        write();
        return true;
    });

    private static string Sentence(Exception fault, string path) => fault switch
    {
        UnauthorizedAccessException => $"cannot write {path}: permission is denied; choose a folder you may write to",
        IOException { HResult: UnixNoSpace or UnixQuota or WindowsHandleDiskFull or WindowsDiskFull }
            => $"cannot write {path}: the disk is full; free some space and run the same command again",
        IOException { HResult: UnixFileTooBig } => $"cannot write {path}: the file is larger than this file system or limit allows; choose another disk",
        IOException { HResult: UnixReadOnly or WindowsWriteProtected }
            => $"cannot write {path}: the file system is read-only; choose a folder you may write to",
        PathTooLongException => $"cannot write {path}: the path is too long; choose a shorter one",
        _ => $"cannot write {path}: {FirstLine(fault.Message)}; check the folder and run the same command again",
    };

    private static string FirstLine(string message) => message.Split('\n')[0].Trim().TrimEnd('.');
}
