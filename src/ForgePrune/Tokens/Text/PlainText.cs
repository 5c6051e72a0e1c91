using System.Text;

namespace ForgePrune.Tokens.Text;

/// <summary>A plain text as documents: one, unless lines of exactly <see cref="Documents.EndOfDocument"/> divide it.</summary>
internal sealed class PlainText(SourceFile file)
{
    // .NET's strings end a little beyond 2^30 characters.
    private const int LongestDocument = 1 << 30;

    private static readonly int FirstLook = $"\r\n{Text.Documents.EndOfDocument}\r\n".Length + 1;

    private readonly Utf8Text text = new(file);
    private char[] stretch = [];
    private int at;
    private bool ended;

    /// <summary>All documents but empty ones. Each must be done with before the next is asked for.</summary>
    public IEnumerable<Document> Documents()
    {
        while (!ended)
        {
            var document = new Growing(this);
            // A line end alone is no document if a division follows, which takes it away.
            if (document.Take(FirstLook).Text.Length > 0)
                yield return document;
            document.Finish();
        }
    }

    /// <summary>The next characters up to a line end, which is among them, or as many as are at hand; empty at the end of the file.</summary>
    private ReadOnlySpan<char> Next()
    {
        if (at == stretch.Length)
        {
            (stretch, at) = (text.Next().ToArray(), 0);
            ended = stretch.Length == 0;
        }
        var rest = stretch.AsSpan(at);
        var line = rest.IndexOf('\n') is var end and >= 0 ? rest[..(end + 1)] : rest;
        at += line.Length;
        return line;
    }

    private sealed class Growing(PlainText source) : Document
    {
        private readonly StringBuilder read = new();
        private int lineStart;
        private bool complete;

        public override (string Text, bool IsAll) Take(long characters)
        {
            while (!complete && read.Length < characters)
                ReadOn();
            return (read.ToString(), complete);
        }

        public void Finish()
        {
            while (!complete)
                ReadOn();
        }

        private void ReadOn()
        {
            var next = source.Next();
            if (read.Length + next.Length > LongestDocument)
                throw TextErrors.TooLong(source.Path, LongestDocument);
            read.Append(next);
            complete = next.Length == 0;
            if (complete ? IsDivision("") : next[^1] == '\n' && (IsDivision("\n") || IsDivision("\r\n")))
                (complete, read.Length) = (true, lineStart - LineEndBefore());
            else if (!complete && next[^1] == '\n')
                lineStart = read.Length;
        }

        // The line in hand is the dividing one with this after it.
        private bool IsDivision(string lineEnd) =>
            read.Length - lineStart == Text.Documents.EndOfDocument.Length + lineEnd.Length
            && read.ToString(lineStart, read.Length - lineStart) == Text.Documents.EndOfDocument + lineEnd;

        // The line end before a dividing line belongs to the division, as does the one after it.
        private int LineEndBefore() => lineStart == 0 ? 0 : lineStart > 1 && read[lineStart - 2] == '\r' ? 2 : 1;
    }

    private string Path => file.Path;
}
