using System.Text;

namespace ForgePrune.Evaluation.Tasks.Readers;

/// <summary>Comma-separated values by RFC 4180: a field in quotes may hold commas, line ends and doubled quotes. Copies of MMLU go round
/// whose quotes inside a field are not doubled; those are read as meant, since no field of theirs follows them.</summary>
internal static class CsvRows
{
    /// <summary>Each row with the number of the line it begins on; blank lines are passed over.</summary>
    public static IEnumerable<(long Line, string[] Fields)> Read(string path)
    {
        var text = TaskLines.WholeText(path);
        var fields = new List<string>();
        var (at, line) = (0, 1L);
        while (at < text.Length)
        {
            var start = line;
            fields.Clear();
            do
                fields.Add(Field(path, text, ref at, ref line));
            while (at < text.Length && text[at++] == ',');
            line++;
            if (fields.Count > 1 || fields[0].Length > 0)
                yield return (start, [.. fields]);
        }
    }

    /// <summary>Reads up to the comma or line end after the field, which is left.</summary>
    private static string Field(string path, string text, ref int at, ref long line)
    {
        if (at >= text.Length || text[at] != '"')
        {
            var end = text.AsSpan(at).IndexOfAny(',', '\n') is var found and >= 0 ? at + found : text.Length;
            var plain = text[at..end];
            at = end;
            return plain;
        }
        var (value, opened) = (new StringBuilder(), line);
        for (at++; at < text.Length; at++)
        {
            var doubled = text[at] == '"' && at + 1 < text.Length && text[at + 1] == '"';
            if (doubled && !Closes(text, at + 1))
                value.Append(text[at++]);
            else if (text[at] == '"' && !doubled && Closes(text, at))
                return Ended(value, ref at);
            else
                value.Append(text[at]);
            line += text[at] == '\n' ? 1 : 0;
        }
        throw TaskErrors.Line(path, opened, "opens a quote that nothing closes; add the closing quote");
    }

    private static string Ended(StringBuilder value, ref int at)
    {
        at++;
        return value.ToString();
    }

    /// <summary>Whether the quote at this place can end its field: the row or another field follows. A comma and a space go on in the text.</summary>
    private static bool Closes(string text, int at) =>
        at + 1 == text.Length || text[at + 1] == '\n' || (text[at + 1] == ',' && at + 2 < text.Length && text[at + 2] != ' ');
}
