using System.Text;
using System.Text.Json;
using ForgePrune.Errors;

namespace ForgePrune.Tokens.Text;

/// <summary>The documents of a text file, one after the other.</summary>
public static class Documents
{
    /// <summary>A line of exactly this ends a document of a plain text.</summary>
    public const string EndOfDocument = "<|endoftext|>";

    // A plain text is held as one string, whose characters number at most its bytes; .NET's limit is a little over 2^30.
    private const long LargestText = 1L << 30;

    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>Reads <c>.jsonl</c> (one object a line, its "text" is a document; blank lines are passed over) or plain UTF-8 text,
    /// which is one document unless lines of exactly <see cref="EndOfDocument"/> divide it.</summary>
    /// <exception cref="BadInputException">The file is missing, empty, not UTF-8, or a line has no text. Raised while the documents are taken.</exception>
    public static IEnumerable<string> Read(string path)
    {
        using var stream = Open(path);
        if (stream.Length == 0)
            throw TextErrors.Empty(path);
        var lines = Path.GetExtension(path).Equals(".jsonl", StringComparison.OrdinalIgnoreCase);
        foreach (var document in lines ? JsonLines(path, stream) : Plain(path, stream))
            yield return document;
    }

    private static FileStream Open(string path)
    {
        try
        {
            return File.OpenRead(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw TextErrors.Unreadable(path, e);
        }
    }

    private static string[] Plain(string path, FileStream stream)
    {
        if (stream.Length > LargestText)
            throw TextErrors.TooLarge(path, stream.Length, LargestText);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        var mark = bytes.AsSpan().StartsWith(Encoding.UTF8.Preamble) ? Encoding.UTF8.Preamble.Length : 0;
        try
        {
            return Divide(Utf8.GetString(bytes, mark, bytes.Length - mark));
        }
        catch (DecoderFallbackException e)
        {
            throw TextErrors.NotUtf8(path, $"byte {mark + e.Index}", e);
        }
    }

    // The line end before a dividing line belongs to the division, as does the one after it.
    private static string[] Divide(string text)
    {
        var documents = new List<string>();
        var from = 0;
        for (var at = 0; (at = text.IndexOf(EndOfDocument, at, StringComparison.Ordinal)) >= 0;)
        {
            var (start, end) = (at, at + EndOfDocument.Length);
            at = end;
            var next = text.AsSpan(end) is var rest && rest.StartsWith("\r\n") ? end + 2 : rest.StartsWith('\n') ? end + 1 : rest.IsEmpty ? end : -1;
            if (next < 0 || (start > 0 && text[start - 1] != '\n'))
                continue;
            start -= start > from ? start - 1 > from && text[start - 2] == '\r' ? 2 : 1 : 0;
            documents.Add(text[from..start]);
            from = at = next;
        }
        documents.Add(text[from..]);
        return [.. documents.Where(d => d.Length > 0)];
    }

    private static IEnumerable<string> JsonLines(string path, FileStream stream)
    {
        using var reader = new StreamReader(stream, Utf8);
        for (long number = 1; NextLine(path, reader, number) is { } line; number++)
        {
            if (!string.IsNullOrWhiteSpace(line))
                yield return TextOf(path, line, number);
        }
    }

    private static string? NextLine(string path, StreamReader reader, long number)
    {
        try
        {
            return reader.ReadLine();
        }
        catch (DecoderFallbackException e)
        {
            throw TextErrors.NotUtf8(path, $"line {number} or soon after", e);
        }
    }

    private static string TextOf(string path, string line, long number)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String)
                return text.GetString()!;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // the latter: an escaped lone surrogate
        {
            throw TextErrors.NotJson(path, number, e);
        }
        throw TextErrors.NoText(path, number);
    }
}
