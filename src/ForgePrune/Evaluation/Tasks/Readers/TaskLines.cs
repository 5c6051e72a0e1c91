using System.Text;
using System.Text.Json;
using ForgePrune.Errors;

namespace ForgePrune.Evaluation.Tasks.Readers;

/// <summary>The lines of a task file, each with its number, as text or as JSON objects. Every fault names the line.</summary>
internal static class TaskLines
{
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    public static string[] Text(string path) => WholeText(path).TrimEnd('\n').Split('\n');

    /// <summary>One object a line, blank lines passed over; or, in a <c>.json</c> that begins so, one list of objects.</summary>
    public static IEnumerable<TaskObject> Objects(string path)
    {
        var text = WholeText(path);
        return Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase) && text.AsSpan().TrimStart().StartsWith('[')
            ? Listed(path, text) : Lines(path, text);
    }

    private static IEnumerable<TaskObject> Lines(string path, string text)
    {
        var lines = text.Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (!string.IsNullOrWhiteSpace(lines[i]))
                yield return Object(path, i + 1, lines[i]);
        }
    }

    private static TaskObject[] Listed(string path, string text)
    {
        try
        {
            using var document = JsonDocument.Parse(text);
            // JsonElement does not tell its place; its own text does, beyond that of the one before.
            var (line, from) = (1L, 0);
            return [.. document.RootElement.EnumerateArray().Select(Numbered)];

            TaskObject Numbered(JsonElement item)
            {
                var raw = item.GetRawText();
                var at = text.IndexOf(raw, from, StringComparison.Ordinal);
                line += text.AsSpan(from, at - from).Count('\n');
                var value = item.ValueKind == JsonValueKind.Object ? new TaskObject(path, line, item.Clone()) : throw NoObject(path, line);
                line += raw.AsSpan().Count('\n');
                from = at + raw.Length;
                return value;
            }
        }
        catch (JsonException fault)
        {
            throw TaskErrors.Line(path, (fault.LineNumber ?? 0) + 1,
                $"is not JSON ({fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}); give a list of objects, or one object on every line", fault);
        }
    }

    /// <summary>The whole file with \n as line end. Only \r\n becomes it: a form feed or U+2028 may stand inside a line.</summary>
    public static string WholeText(string path)
    {
        try
        {
            return File.ReadAllText(path, Utf8).Replace("\r\n", "\n", StringComparison.Ordinal);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException or DecoderFallbackException)
        {
            throw TaskErrors.Unreadable(path, fault);
        }
    }

    private static TaskObject Object(string path, long number, string line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return new TaskObject(path, number, document.RootElement.Clone());
        }
        catch (JsonException fault)
        {
            throw TaskErrors.Line(path, number, $"is not JSON ({fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}); write one object on every line", fault);
        }
        throw NoObject(path, number);
    }

    private static BadInputException NoObject(string path, long line) => TaskErrors.Line(path, line, "is JSON but no object; write one object on every line");
}
