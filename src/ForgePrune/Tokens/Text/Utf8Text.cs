using System.Text;
using ForgePrune.Errors;

namespace ForgePrune.Tokens.Text;

/// <summary>The characters of a file, a stretch at a time; what is not UTF-8 is a fault with its place.</summary>
internal sealed class Utf8Text
{
    private const int StretchLength = 1 << 16;

    private readonly SourceFile file;
    private readonly Decoder decoder = new UTF8Encoding(false, throwOnInvalidBytes: true).GetDecoder();
    private readonly byte[] bytes = new byte[StretchLength];
    private readonly char[] chars = new char[StretchLength + 1]; // one may be left over from the stretch before
    private long read;
    private bool ended;

    public Utf8Text(SourceFile file)
    {
        this.file = file;
        read = file.Read(bytes.AsSpan(0, file.MarkLength));
    }

    /// <summary>The next characters; empty at the end. Valid until the next call.</summary>
    /// <exception cref="BadInputException">The file is not UTF-8, or cannot be read on.</exception>
    public ReadOnlySpan<char> Next()
    {
        while (!ended)
        {
            var count = file.Read(bytes);
            ended = count < bytes.Length;
            var made = Decode(count);
            read += count;
            if (made > 0)
                return chars.AsSpan(0, made);
        }
        return [];
    }

    private int Decode(int count)
    {
        try
        {
            return decoder.GetChars(bytes.AsSpan(0, count), chars, flush: ended);
        }
        catch (DecoderFallbackException e)
        {
            throw TextErrors.NotUtf8(file.Path, read + e.Index, e);
        }
    }
}
