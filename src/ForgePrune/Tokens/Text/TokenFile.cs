using System.Buffers.Binary;
using ForgePrune.Errors;

namespace ForgePrune.Tokens.Text;

/// <summary>Files of token ids: little-endian integers of 16, 32 or 64 bits, row after row, without a header.</summary>
public static class TokenFile
{
    // As much as is looked at before the width of ids is decided.
    private const int SampleBytes = 1 << 20;

    /// <summary>Reads a file of token ids.</summary>
    /// <param name="path">The path of the file; its ending gives the width of the ids.</param>
    /// <param name="windowLength">The number of ids in each row.</param>
    /// <param name="vocabSize">The vocabulary of the model; ids at or above it are an error.</param>
    /// <exception cref="BadInputException">The file is missing or empty, or does not hold whole rows of such ids.</exception>
    public static TokenWindows Read(string path, int windowLength, int vocabSize) =>
        Cut(path, windowLength, vocabSize, Windows.MostWindows(windowLength, null), out _);

    /// <inheritdoc cref="Read"/>
    /// <param name="mostWindows">The largest number of rows to read.</param>
    /// <param name="found">The width of the ids, and whether the file has more rows.</param>
    internal static TokenWindows Cut(string path, int windowLength, int vocabSize, long mostWindows, out (int Width, bool Stated, bool More) found)
    {
        using var file = SourceFile.Open(path);
        if (IsText(file.Head))
            throw TextErrors.TextAsIds(path);
        var bytes = new byte[Math.Clamp(file.Length ?? SampleBytes, 1, SampleBytes)];
        var count = file.Read(bytes);
        // A file that ends within the sample is known whole, as is one that tells its length.
        var size = count < bytes.Length ? count : file.Length;
        var stated = IdWidth.Of(path);
        var width = stated ?? IdWidth.Recognize(path, bytes.AsSpan(0, count), Fits);
        var most = mostWindows * windowLength;
        if (size is { } known)
            RequireWholeRows(path, known, width, windowLength);
        var ids = new List<int>((int)Math.Min(most, (size ?? count) / width));
        while (count > 0 && ids.Count < most)
        {
            for (var i = 0; i < count / width && ids.Count < most; i++)
                ids.Add(Checked(path, width, IdWidth.Id(bytes, width, i), ids.Count, vocabSize));
            if (ids.Count < most && count % width == 0)
                count = file.Read(bytes);
            else
                break;
        }
        if (size is null && ids.Count < most)
            RequireWholeRows(path, ((long)ids.Count * width) + (count % width), width, windowLength);
        found = (width, stated is not null, size is { } all ? all / width > ids.Count : ids.Count == most);
        return new TokenWindows(windowLength, [.. ids]);

        bool Fits(int width)
        {
            if (size is { } all && all % ((long)width * windowLength) != 0)
                return false;
            for (var i = 0; i < count / width; i++)
            {
                if (IdWidth.Id(bytes, width, i) is var id && (id < 0 || id >= vocabSize))
                    return false;
            }
            return true;
        }
    }

    private static void RequireWholeRows(string path, long size, int width, int windowLength)
    {
        if (size % width != 0)
            throw TextErrors.PartOfAnId(path, size, width);
        if (size / width % windowLength != 0)
            throw TextErrors.RaggedRows(path, size / width, width, windowLength);
    }

    private static int Checked(string path, int width, long id, long place, int vocabSize) =>
        id >= 0 && id < vocabSize ? (int)id : throw TextErrors.IdOutside(path, width, id, place, vocabSize);

    // Bytes of ids are not all printable: as a text they would not be Latin script alone.
    private static bool IsText(ReadOnlySpan<byte> head) =>
        head.Length >= 16 && !head.ContainsAnyExcept(System.Buffers.SearchValues.Create(
            [.. Enumerable.Range(' ', '~' - ' ' + 1).Select(b => (byte)b), .. "\t\r\n"u8]));

    /// <summary>Writes 16-bit ids. The file appears whole, by rename.</summary>
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
}
