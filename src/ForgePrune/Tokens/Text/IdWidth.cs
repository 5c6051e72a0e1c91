using System.Buffers.Binary;

namespace ForgePrune.Tokens.Text;

/// <summary>The number of bytes of each token id of a file: given by its ending, or recognized by the bytes above the lowest two.</summary>
internal static class IdWidth
{
    public const int Narrow = sizeof(ushort);

    public static readonly (string Ending, int Width)[] Stated = [(".u16", Narrow), (".u32", sizeof(int)), (".u64", sizeof(long))];

    // Small: no vocabulary reaches 32 x 65,536 ids. So many ids that chance is out of the question.
    private const int Small = 32, Enough = 32;

    /// <summary>The width that the name states; null where it leaves it open.</summary>
    public static int? Of(string path)
    {
        var ending = Path.GetExtension(path);
        return Stated.FirstOrDefault(stated => stated.Ending.Equals(ending, StringComparison.OrdinalIgnoreCase)) is { Width: > 0 and var width } ? width : null;
    }

    /// <summary>Ids of four or eight bytes read as twice or four times as many of two are ids too, every second one of them nearly nothing, while the
    /// others are as ids are. So what looks wide is never read as narrow, were some of it damaged; where looks do not tell, only one width may give
    /// ids of the vocabulary in whole rows.</summary>
    /// <param name="ids">The file's first ids, all or many of them.</param>
    /// <param name="fits">Whether the file, read with this width, has whole rows of the model's ids.</param>
    public static int Recognize(string path, ReadOnlySpan<byte> ids, Func<int, bool> fits)
    {
        foreach (var width in new[] { sizeof(long), sizeof(int) })
        {
            var (count, smallUpper, noUpper, smallLow, noLow) = (ids.Length / width, 0, 0, 0, 0);
            for (var i = 0; i < count; i++)
            {
                var (id, low) = (Id(ids, width, i), BinaryPrimitives.ReadUInt16LittleEndian(ids[(i * width)..]));
                smallUpper += id is >= short.MinValue and < Small << 16 ? 1 : 0;
                noUpper += id is >= 0 and <= ushort.MaxValue ? 1 : 0;
                smallLow += low < Small ? 1 : 0;
                noLow += low == 0 ? 1 : 0;
            }
            if (count == 0 || !Nearly(smallUpper, count))
                continue;
            if (count >= Enough && (smallLow * 2 <= count || (Nearly(noUpper, count) && noLow * 2 <= count)))
                return width;
            return ByUse(path, [.. Stated.Select(stated => stated.Width).Where(possible => possible <= width && fits(possible))]);
        }
        return Narrow;
    }

    /// <summary>The id at a place, negative where it was written so.</summary>
    public static long Id(ReadOnlySpan<byte> ids, int width, int place) => width switch
    {
        Narrow => BinaryPrimitives.ReadUInt16LittleEndian(ids[(place * Narrow)..]),
        sizeof(int) => BinaryPrimitives.ReadInt32LittleEndian(ids[(place * sizeof(int))..]),
        _ => BinaryPrimitives.ReadInt64LittleEndian(ids[(place * sizeof(long))..]),
    };

    private static int ByUse(string path, int[] possible) => possible.Length switch
    {
        0 => Narrow,
        1 => possible[0],
        _ => throw TextErrors.UnclearWidth(path, possible),
    };

    private static bool Nearly(int count, int all) => count * 10L >= all * 9L;
}
