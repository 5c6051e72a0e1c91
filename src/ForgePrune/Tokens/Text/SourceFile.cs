using System.Text;
using ForgePrune.Errors;

namespace ForgePrune.Tokens.Text;

/// <summary>An opened file or pipe whose first bytes have been looked at. It is read once, from front to end, and no further than its reader asks.</summary>
internal sealed class SourceFile : IDisposable
{
    private const int HeadLength = 4096;

    private readonly Stream stream;
    private readonly byte[] head;
    private int headRead;

    private SourceFile(string path, Stream stream, byte[] head) => (Path, this.stream, this.head) = (path, stream, head);

    public string Path { get; }

    /// <summary>The first bytes, up to <see cref="HeadLength"/>.</summary>
    public ReadOnlySpan<byte> Head => head;

    /// <summary>Bytes of the whole file; null for a pipe.</summary>
    public long? Length => stream.CanSeek ? stream.Length : null;

    /// <exception cref="BadInputException">The file is missing, empty, or of a format that is neither text nor ids.</exception>
    public static SourceFile Open(string path)
    {
        FileStream? stream = null;
        try
        {
            stream = File.OpenRead(path);
            var head = new byte[HeadLength];
            head = head[..stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
            if (head.Length == 0)
                throw TextErrors.Empty(path);
            if (ForeignFormat.Of(path, head) is { } foreign)
                throw TextErrors.Foreign(path, foreign);
            return new SourceFile(path, stream, head);
        }
        catch (Exception e)
        {
            stream?.Dispose();
            if (e is IOException or UnauthorizedAccessException)
                throw TextErrors.Unreadable(path, e);
            throw;
        }
    }

    /// <summary>Fills the buffer as far as the file reaches.</summary>
    /// <returns>Bytes read; fewer than asked for only at the end.</returns>
    public int Read(Span<byte> buffer)
    {
        var fromHead = Math.Min(buffer.Length, head.Length - headRead);
        head.AsSpan(headRead, fromHead).CopyTo(buffer);
        headRead += fromHead;
        try
        {
            return fromHead + stream.ReadAtLeast(buffer[fromHead..], buffer.Length - fromHead, throwOnEndOfStream: false);
        }
        catch (IOException e)
        {
            throw TextErrors.Unreadable(Path, e);
        }
    }

    /// <summary>The whole file as a stream for readers that want one, without a mark of UTF-8. Nothing has been read before.</summary>
    public Stream AsStream()
    {
        if (stream.CanSeek)
        {
            stream.Position = MarkLength;
            return stream;
        }
        var whole = new MemoryStream();
        whole.Write(head.AsSpan(MarkLength));
        stream.CopyTo(whole);
        whole.Position = 0;
        return whole;
    }

    /// <summary>Bytes of the mark that may begin UTF-8.</summary>
    public int MarkLength => Head.StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;

    public void Dispose() => stream.Dispose();
}
