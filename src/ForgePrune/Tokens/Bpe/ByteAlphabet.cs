namespace ForgePrune.Tokens.Bpe;

/// <summary>GPT-2's printable stand-ins: every byte has one character, so that a vocabulary of text can hold any bytes.
/// Printable Latin-1 stands for itself; the other 68 bytes take U+0100, U+0101, … in order.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] CharOfByte = Build();
    private static readonly Dictionary<char, byte> ByteOfChar = CharOfByte.Select((c, b) => (c, b)).ToDictionary(p => p.c, p => (byte)p.b);

    public static char Char(byte value) => CharOfByte[value];

    public static string Write(ReadOnlySpan<byte> bytes)
    {
        var text = new char[bytes.Length];
        for (var i = 0; i < bytes.Length; i++)
            text[i] = CharOfByte[bytes[i]];
        return new string(text);
    }

    /// <summary>Appends the bytes a token stands for; false, and nothing appended, where a character is not of the alphabet.</summary>
    public static bool TryRead(string token, List<byte> bytes)
    {
        var start = bytes.Count;
        foreach (var c in token)
        {
            if (ByteOfChar.TryGetValue(c, out var value))
            {
                bytes.Add(value);
                continue;
            }
            bytes.RemoveRange(start, bytes.Count - start);
            return false;
        }
        return true;
    }

    private static char[] Build()
    {
        var chars = new char[256];
        var next = '\u0100';
        for (var value = 0; value < 256; value++)
            chars[value] = value is >= '!' and <= '~' or >= '¡' and <= '¬' or >= '®' and <= 'ÿ' ? (char)value : next++;
        return chars;
    }
}
