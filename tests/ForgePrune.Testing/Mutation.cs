using System.Text;

namespace ForgePrune.Testing;

/// <summary>Small random damage to a file, such as editors, copies and other programs do.</summary>
public static class Mutation
{
    private static readonly byte[][] Words =
    [
        .. new[]
        {
            "0", "-1", "7", "1e999", "2147483648", "null", "true", "\"\"", "\"text\"", "\"\\ud800\"", "[]", "{}", "[0]", "{\"text\":1}", "\n", "\r\n", "\r",
                "\n\n", " ", "\t", ",", ":", "\\", "\"",
            "\0", "\u2028", "é", "😀", "<|endoftext|>", "\n<|endoftext|>\n", "[", "]", "{", "}", "_", "(A)", "A", "\uFEFF",
        }.Select(Encoding.UTF8.GetBytes),
        [0xFF], [0xC3], [0xED, 0xA0, 0x80], [0xFF, 0xFE],
    ];

    /// <summary>One or two damages at random places.</summary>
    public static byte[] Of(byte[] sound, Random random)
    {
        var bytes = sound;
        for (var rounds = random.Next(1, 3); rounds > 0 && bytes.Length > 0; rounds--)
            bytes = Once(bytes, random);
        return bytes;
    }

    private static byte[] Once(byte[] bytes, Random random)
    {
        int at = random.Next(bytes.Length), span = Math.Min(random.Next(1, 24), bytes.Length - at);
        var word = Words[random.Next(Words.Length)];
        switch (random.Next(8))
        {
            case 0:
                byte[] flipped = [.. bytes];
                flipped[at] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1:
                return [.. bytes[..at], .. bytes[(at + span)..]];
            case 2:
                return [.. bytes[..(at + span)], .. bytes[at..]];
            case 3:
                return random.Next(4) == 0 ? bytes[..at] : [.. bytes, .. bytes[at..(at + span)]];
            case 4:
                return [.. bytes[..at], .. word, .. bytes[(at + span)..]];
            default:
                return [.. bytes[..at], .. word, .. bytes[at..]];
        }
    }
}
