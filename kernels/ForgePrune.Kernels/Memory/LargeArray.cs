using System.Runtime.InteropServices;

namespace ForgePrune.Kernels;

/// <summary>
/// Arrays of the size of whole matrices. A fresh one is handed out by the system page by page, at a microsecond or more each: filling a matrix for the first
/// time then takes longer than multiplying it. On Linux the system is asked for pages of 2 MiB instead of 4 KiB; where it declines, nothing else changes.
/// </summary>
internal static partial class LargeArray
{
    private const nint Page = 2 << 20;

    // madvise(2): MADV_HUGEPAGE.
    private const int HugePages = 14;

    /// <summary>An array whose elements are undefined: write before you read.</summary>
    public static T[] Uninitialized<T>(long length) where T : unmanaged
    {
        var array = GC.AllocateUninitializedArray<T>(checked((int)length));
        Advise(array);
        return array;
    }

    /// <summary>An array of zeros.</summary>
    public static T[] Zeros<T>(long length) where T : unmanaged
    {
        var array = Uninitialized<T>(length);
        Array.Clear(array);
        return array;
    }

    /// <summary>Undefined elements, as many as memory holds: an array where they fit into one.</summary>
    public static LongArray<T> UninitializedLong<T>(long length) where T : unmanaged =>
        length <= Array.MaxLength ? Uninitialized<T>(length) : LongArray<T>.OfLines(length);

    /// <summary>Zeros, as many as memory holds.</summary>
    public static LongArray<T> ZerosLong<T>(long length) where T : unmanaged
    {
        var array = UninitializedLong<T>(length);
        array.AsLongSpan().Clear();
        return array;
    }

    /// <summary>A stride for rows of so many elements, an odd number of cache lines: where it is a power of two, all elements of a column fall into a few
    /// sets of the cache and onto one bank of the memory, and reading a column takes up to six times as long.</summary>
    public static unsafe int Stride<T>(int cols) where T : unmanaged
    {
        var line = CacheLines.Bytes / sizeof(T);
        return ((cols + line - 1) / line | 1) * line;
    }

    /// <summary>To be called before the array is filled; only whole pages inside of it are meant.</summary>
    internal static unsafe void Advise<T>(T[] array) where T : unmanaged
    {
        if (!OperatingSystem.IsLinux() || (long)array.Length * sizeof(T) < 2 * Page)
            return;
        fixed (T* start = array)
        {
            nint first = ((nint)start + Page - 1) & -Page, end = (nint)(start + array.Length) & -Page;
            // The answer does not matter: a system without large pages gives small ones.
            _ = Advise(first, (nuint)(end - first), HugePages);
        }
    }

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint start, nuint length, int advice);
}
