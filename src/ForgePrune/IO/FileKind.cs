using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace ForgePrune.IO;

/// <summary>What .NET does not say of a file without opening it. Pipes and devices can be read but once and have no length, and opening a pipe has an effect
/// on who writes into it.</summary>
internal static partial class FileKind
{
    private const int CurrentFolder = -100, TypeWanted = 1, ChangeWanted = 0x80, BufferLength = 256, ModeOffset = 28, ChangeOffset = 96;

    private const int TypeMask = 0xF000, Regular = 0x8000;

    /// <summary>Whether a path that exists is a regular file, itself or at the end of its links. Where the system cannot say, it is.</summary>
    public static bool IsRegular(string path)
    {
        if (!OperatingSystem.IsLinux())
            return true;
        Span<byte> answer = stackalloc byte[BufferLength];
        return StatX(CurrentFolder, path, 0, TypeWanted, ref MemoryMarshal.GetReference(answer)) != 0
            || (BinaryPrimitives.ReadUInt16LittleEndian(answer[ModeOffset..]) & TypeMask) == Regular;
    }

    /// <summary>Whether something stands at a path, or at the end of the links there: not for a link to nothing or in a circle. A pipe of another process, which
    /// a link in /proc leads to without a path, stands there. Where the system cannot say, it is as .NET says.</summary>
    public static bool Stands(string path)
    {
        if (!OperatingSystem.IsLinux())
            return Path.Exists(path);
        Span<byte> answer = stackalloc byte[BufferLength];
        return StatX(CurrentFolder, path, 0, TypeWanted, ref MemoryMarshal.GetReference(answer)) == 0;
    }

    /// <summary>When the system last noted a change of a file or of its times, which no program can set, in nanoseconds since 1970; 0 where it cannot
    /// say.</summary>
    public static long LastChange(string path)
    {
        if (!OperatingSystem.IsLinux())
            return 0;
        Span<byte> answer = stackalloc byte[BufferLength];
        return StatX(CurrentFolder, path, 0, ChangeWanted, ref MemoryMarshal.GetReference(answer)) != 0
            ? 0
            : (BinaryPrimitives.ReadInt64LittleEndian(answer[ChangeOffset..]) * 1_000_000_000)
                + BinaryPrimitives.ReadUInt32LittleEndian(answer[(ChangeOffset + sizeof(long))..]);
    }

    // statx, not stat: its structure is the same on every architecture.
    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int StatX(int folder, string path, int flags, uint mask, ref byte answer);
}
