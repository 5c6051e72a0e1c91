using System.Text;
using System.Text.Json;

namespace ForgePrune.Evaluation.Tasks.Readers;

/// <summary>The lines of a task file, each with its number, as text or as JSON objects. Every fault names the line.</summary>
internal static class TaskLines
{
    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    public static string[] Text(string path) => WholeText(path).TrimEnd('\n').Split('\n');

    /// <summary>One object a line; blank lines are passed over.</summary>
    public static IEnumerable<TaskObject> Objects(string path)
    {
        var lines = WholeText(path).Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            if (!string.IsNullOrWhiteSpace(lines[i]))
                yield return Object(path, i + 1, lines[i]);
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
        throw TaskErrors.Line(path, number, "is JSON but no object; write one object on every line");
    }
}
