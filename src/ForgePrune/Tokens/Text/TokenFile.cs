using System.Buffers.Binary;
using ForgePrune.Errors;

namespace ForgePrune.Tokens.Text;

/// <summary>Token ids as a file: little-endian uint16, row after row, nothing else.</summary>
public static class TokenFile
{
    /// <param name="windowLength">Ids in each row.</param>
    /// <param name="vocabSize">The model's; ids at or above it are refused.</param>
    /// <exception cref="BadInputException">The file is missing or empty, or does not hold whole rows of such ids.</exception>
    public static TokenWindows Read(string path, int windowLength, int vocabSize)
    {
        if (windowLength < 2)
            throw TextErrors.ShortWindow(windowLength);
        var bytes = ReadBytes(path);
        if (bytes.Length == 0)
            throw TextErrors.Empty(path);
        if (bytes.Length % sizeof(ushort) != 0)
            throw TextErrors.OddBytes(path, bytes.Length);
        var ids = new int[bytes.Length / sizeof(ushort)];
        if (ids.Length % windowLength != 0)
            throw TextErrors.RaggedRows(path, ids.Length, windowLength);
        for (var i = 0; i < ids.Length; i++)
        {
            ids[i] = BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(i * sizeof(ushort)));
            if (ids[i] >= vocabSize)
                throw TextErrors.IdOutside(path, ids[i], i, vocabSize);
        }
        return new TokenWindows(windowLength, ids);
    }

    /// <summary>Writes the rows under another name and renames, so that no half file is ever seen.</summary>
    /// <exception cref="BadInputException">An id needs more than 16 bits.</exception>
    public static void Write(string path, TokenWindows windows)
    {
        var bytes = new byte[windows.TokenCount * sizeof(ushort)];
        var at = 0;
        for (var row = 0; row < windows.Count; row++)
        {
            foreach (var id in windows.Window(row))
            {
                if (id is < 0 or > ushort.MaxValue)
                    throw TextErrors.TooWideId(path, id);
                BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), (ushort)id);
                at += sizeof(ushort);
            }
        }
        var unfinished = $"{path}.{Guid.NewGuid():N}.tmp";
        try
        {
            File.WriteAllBytes(unfinished, bytes);
            File.Move(unfinished, path, overwrite: true);
        }
        finally
        {
            File.Delete(unfinished); // gone already unless something failed
        }
    }

    private static byte[] ReadBytes(string path)
    {
        try
        {
            return File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw TextErrors.Unreadable(path, e);
        }
    }
}
