using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ForgePrune.Tokens.Text;

/// <summary>Documents in JSON: one object a line, or a file of objects after each other or in one array. The "text" of each is a document.</summary>
internal static partial class JsonText
{
    // .NET's strings end a little beyond 2^30 characters.
    private const int LongestLine = 1 << 30;

    /// <summary>One object a line; blank lines are passed over.</summary>
    public static IEnumerable<Document> Lines(SourceFile file)
    {
        long number = 0;
        foreach (var line in TextLines(file))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
                yield return Document.Of(Text(Parsed(file.Path, number, line), $"line {number} of {file.Path}"));
        }
    }

    /// <summary>Objects after each other, over lines as they like, or one array of objects or strings.</summary>
    public static IEnumerable<Document> Values(SourceFile file)
    {
        using var stream = file.AsStream();
        var array = FirstByte(file.Head[file.MarkLength..]) == '[';
        using var values = JsonSerializer.DeserializeAsyncEnumerable(stream, Elements.Default.JsonElement, topLevelValues: !array)
            .ToBlockingEnumerable().GetEnumerator();
        for (long number = 1; Next(file.Path, values); number++)
        {
            var (value, where) = (values.Current, $"object {number} of {file.Path}");
            yield return Document.Of(array && value.ValueKind == JsonValueKind.String ? String(value, where) : Text(value, where));
        }
    }

    /// <summary>Whether a text begins with a JSON object, or an array of objects or strings, and is JSON as far as can be seen.</summary>
    public static bool Begins(ReadOnlySpan<byte> head)
    {
        var reader = new Utf8JsonReader(head, isFinalBlock: false, new JsonReaderState(new JsonReaderOptions { AllowMultipleValues = true }));
        try
        {
            if (!reader.Read() || !reader.Read() || reader.TokenType is not (JsonTokenType.PropertyName or JsonTokenType.StartObject or JsonTokenType.String))
                return false;
            while (reader.Read())
            {
            }
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The first byte that is no space; 0 where there is none.</summary>
    public static byte FirstByte(ReadOnlySpan<byte> head) => head.TrimStart(" \t\r\n"u8) is [var first, ..] ? first : (byte)0;

    private static IEnumerable<string> TextLines(SourceFile file)
    {
        var (text, line) = (new Utf8Text(file), new StringBuilder());
        while (text.Next().ToArray() is { Length: > 0 } stretch)
        {
            var from = 0;
            for (int end; (end = Array.IndexOf(stretch, '\n', from)) >= 0; from = end + 1)
            {
                yield return line.Append(stretch, from, end - from).ToString();
                line.Clear();
            }
            if (line.Length + stretch.Length > LongestLine)
                throw TextErrors.TooLong(file.Path, LongestLine);
            line.Append(stretch, from, stretch.Length - from);
        }
        if (line.Length > 0)
            yield return line.ToString();
    }

    private static JsonElement Parsed(string path, long number, string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.Clone();
        }
        catch (JsonException e)
        {
            throw TextErrors.NotJson($"line {number} of {path}", e);
        }
    }

    private static bool Next(string path, IEnumerator<JsonElement> values)
    {
        try
        {
            return values.MoveNext();
        }
        catch (JsonException e)
        {
            throw TextErrors.NotJson($"line {e.LineNumber + 1} of {path}", e);
        }
        catch (IOException e)
        {
            throw TextErrors.Unreadable(path, e);
        }
    }

    private static string Text(JsonElement value, string where)
    {
        if (value.ValueKind != JsonValueKind.Object)
            throw TextErrors.NotAnObject(where);
        try
        {
            return value.TryGetProperty("text", out var text) && text.ValueKind == JsonValueKind.String
                ? text.GetString()!
                : throw TextErrors.NoText(where, value.EnumerateObject().Select(field => field.Name));
        }
        catch (InvalidOperationException e)
        {
            throw TextErrors.NoCharacters(where, e);
        }
    }

    private static string String(JsonElement text, string where)
    {
        try
        {
            return text.GetString()!;
        }
        catch (InvalidOperationException e) // an escaped lone surrogate, or bytes that are not UTF-8
        {
            throw TextErrors.NoCharacters(where, e);
        }
    }

    [JsonSerializable(typeof(JsonElement))]
    private sealed partial class Elements : JsonSerializerContext;
}
