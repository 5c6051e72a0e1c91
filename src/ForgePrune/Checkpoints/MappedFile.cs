using System.IO.MemoryMappedFiles;

namespace ForgePrune.Checkpoints;

/// <summary>A file mapped for reading. Every read maps only its own range and lets it go again, so that resident memory is that of the
/// tensors in use, not of the checkpoint.</summary>
internal sealed class MappedFile : IDisposable
{
    private readonly MemoryMappedFile? map;

    /// <exception cref="Errors.BadInputException">The file cannot be opened.</exception>
    public MappedFile(string path)
    {
        Path = path;
        try
        {
            var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            Length = stream.Length;
            // The map owns the stream from here on. An empty file cannot be mapped, and has nothing to read.
            if (Length == 0)
                stream.Dispose();
            else
                map = MemoryMappedFile.CreateFromFile(stream, null, 0, MemoryMappedFileAccess.Read, HandleInheritability.None, leaveOpen: false);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            throw CheckpointErrors.Unreadable(path, e);
        }
    }

    public string Path { get; }

    public long Length { get; }

    /// <summary>Calls <paramref name="use"/> with a pointer to <paramref name="length"/> bytes from <paramref name="offset"/> on,
    /// valid during the call only. Lengths may exceed 2^31.</summary>
    public unsafe T Read<T>(long offset, long length, ReadBytes<T> use)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, Length - offset);
        if (length == 0 || map is null)
            return use(null);
        using MemoryMappedViewAccessor view = map.CreateViewAccessor(offset, length, MemoryMappedFileAccess.Read);
        byte* start = null;
        view.SafeMemoryMappedViewHandle.AcquirePointer(ref start);
        try
        {
            // A view begins at a page boundary; the accessor knows how far behind it our offset lies.
            return use(start + view.PointerOffset);
        }
        finally
        {
            view.SafeMemoryMappedViewHandle.ReleasePointer();
        }
    }

    public void Dispose() => map?.Dispose();
}

/// <summary>Uses mapped bytes; the pointer is null where there are none.</summary>
internal unsafe delegate T ReadBytes<out T>(byte* bytes);
