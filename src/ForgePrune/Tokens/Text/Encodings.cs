using ForgePrune.Errors;

namespace ForgePrune.Tokens.Text;

/// <summary>Detects text that is not UTF-8 by its first bytes.</summary>
internal static class Encodings
{
    private static readonly (string Name, byte[] Mark)[] Marks =
    [
        ("UTF-32", [0xFF, 0xFE, 0, 0]), ("UTF-32", [0, 0, 0xFE, 0xFF]), ("UTF-16", [0xFF, 0xFE]), ("UTF-16", [0xFE, 0xFF]),
    ];

    /// <exception cref="BadInputException">The text begins with another encoding's mark, or holds bytes of zero where text has none.</exception>
    public static void RequireUtf8(string path, ReadOnlySpan<byte> head)
    {
        foreach (var (name, mark) in Marks)
        {
            if (head.StartsWith(mark))
                throw TextErrors.OtherEncoding(path, name);
        }
        var zero = head.IndexOf((byte)0);
        if (zero < 0)
            return;
        // Latin letters in UTF-16 without a mark: about every second byte is zero, and the others are no control characters.
        throw LooksWide(head, 0) || LooksWide(head, 1) ? TextErrors.OtherEncoding(path, "UTF-16") : TextErrors.Binary(path, zero);
    }

    private static bool LooksWide(ReadOnlySpan<byte> bytes, int firstLetter)
    {
        var (zeros, letters) = (0, 0);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (i % 2 != firstLetter)
                zeros += bytes[i] == 0 ? 1 : 0;
            else if (bytes[i] >= ' ' || char.IsWhiteSpace((char)bytes[i]))
                letters++;
            else
                return false;
        }
        return zeros * 3 > letters * 2;
    }
}
