using System.Buffers.Binary;

namespace ForgePrune.Tokens.Text;

/// <summary>How many bytes each token id of a file takes: stated by its name, or recognized by what stands above the lowest two.</summary>
internal static class IdWidth
{
    public const int Narrow = sizeof(ushort);

    public static readonly (string Ending, int Width)[] Stated = [(".u16", Narrow), (".u32", sizeof(int)), (".u64", sizeof(long))];

    // No vocabulary reaches 32 x 65,536 ids.
    private const int MostUpper = 32;

    // Ids that text of 16 bits an id cannot have at every second place only: large ones, and so many in a row that chance is out of the question.
    private const int Large = 1024, Enough = 32;

    /// <summary>The width that the name states; null where it leaves it open.</summary>
    public static int? Of(string path)
    {
        var ending = Path.GetExtension(path);
        return Stated.FirstOrDefault(stated => stated.Ending.Equals(ending, StringComparison.OrdinalIgnoreCase)) is { Width: > 0 and var width } ? width : null;
    }

    /// <summary>Ids of four or eight bytes read as twice or four times as many of two are ids too, every second one of them nearly nothing. So what looks wide is
    /// never read as narrow; where little is there to see, only one width may give ids of the vocabulary in whole rows.</summary>
    /// <param name="ids">The file's first ids, all or many of them.</param>
    /// <param name="fits">Whether the file, read with this width, has whole rows of the model's ids.</param>
    public static int Recognize(string path, ReadOnlySpan<byte> ids, Func<int, bool> fits)
    {
        var wide = LooksLike(sizeof(long), ids) ? sizeof(long) : LooksLike(sizeof(int), ids) ? sizeof(int) : Narrow;
        if (wide == Narrow)
            return Narrow;
        var (largest, upper, count) = (0, 0, ids.Length / wide);
        for (var i = 0; i < count; i++)
        {
            largest = Math.Max(largest, Part(ids, wide, i, 0));
            upper = Math.Max(upper, Part(ids, wide, i, 1));
        }
        if (count >= Enough && (largest >= Large || (upper == 0 && largest > 0)))
            return wide;
        int[] possible = [.. Stated.Select(stated => stated.Width).Where(width => width <= wide && fits(width))];
        return possible.Length switch
        {
            0 => Narrow,
            1 => possible[0],
            _ => throw TextErrors.UnclearWidth(path, possible),
        };
    }

    /// <summary>The id at a place, negative where it was written so.</summary>
    public static long Id(ReadOnlySpan<byte> ids, int width, int place) => width switch
    {
        Narrow => BinaryPrimitives.ReadUInt16LittleEndian(ids[(place * Narrow)..]),
        sizeof(int) => BinaryPrimitives.ReadInt32LittleEndian(ids[(place * sizeof(int))..]),
        _ => BinaryPrimitives.ReadInt64LittleEndian(ids[(place * sizeof(long))..]),
    };

    /// <summary>Whether all ids of this width are small, or negative by little.</summary>
    private static bool LooksLike(int width, ReadOnlySpan<byte> ids)
    {
        if (ids.Length < width)
            return false;
        for (var i = 0; i < ids.Length / width; i++)
        {
            if (Id(ids, width, i) is < -(1 << 15) or >= (long)MostUpper << 16)
                return false;
        }
        return true;
    }

    private static int Part(ReadOnlySpan<byte> ids, int width, int place, int part) =>
        BinaryPrimitives.ReadUInt16LittleEndian(ids[((place * width) + (part * Narrow))..]);
}
