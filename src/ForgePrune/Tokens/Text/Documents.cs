using ForgePrune.Errors;

namespace ForgePrune.Tokens.Text;

/// <summary>The documents of a text file, one after the other.</summary>
internal static class Documents
{
    /// <summary>A line of exactly this ends a document of a plain text.</summary>
    public const string EndOfDocument = "<|endoftext|>";

    private static readonly string[] LineEndings = [".jsonl", ".ndjson", ".jsonlines"];

    /// <summary>Reads JSON lines (one object a line, its "text" is a document; blank lines are passed over), <c>.json</c> (such objects in an array, or after
    /// each other) or plain UTF-8 text, which is one document unless lines of exactly <see cref="EndOfDocument"/> divide it. What has a name without
    /// an ending, such as a pipe, is JSON lines if it begins so. No more is read than is asked for; each document must be done with before the next is
    /// taken.</summary>
    /// <exception cref="BadInputException">The file is missing, empty, of another format, not UTF-8, or a line has no text. Raised while the
    /// documents are taken.</exception>
    public static IEnumerable<Document> Read(string path)
    {
        using var file = SourceFile.Open(path);
        foreach (var document in Reader(file)(file))
            yield return document;
    }

    /// <summary>The reader of the documents of an open file.</summary>
    /// <exception cref="BadInputException">It is no UTF-8, or holds JSON by another name.</exception>
    internal static Func<SourceFile, IEnumerable<Document>> Reader(SourceFile file)
    {
        Encodings.RequireUtf8(file.Path, file.Head);
        var ending = Path.GetExtension(file.Path).ToLowerInvariant();
        if (LineEndings.Contains(ending))
            return JsonText.Lines;
        if (ending == ".json")
            return JsonText.Values;
        if (!JsonText.Begins(file.Head[file.MarkLength..]))
            return source => new PlainText(source).Documents();
        return ending.Length == 0 && JsonText.FirstByte(file.Head[file.MarkLength..]) == '{' ? JsonText.Lines : throw TextErrors.JsonByAnotherName(file.Path);
    }
}
