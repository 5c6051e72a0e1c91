namespace ForgePrune.Cli.Parsing;

/// <summary>Paragraphs and columns of plain text in eighty columns.</summary>
/// <param name="writer">Gets whole lines.</param>
internal sealed class HelpText(TextWriter writer)
{
    private const int Width = 80, Indent = 2, Gap = 2, WidestName = 32;

    private static readonly string Margin = new(' ', Indent);

    public void Heading(string heading) => writer.WriteLine(heading + ":");

    public void Line(string line = "") => writer.WriteLine(line.Length == 0 ? "" : Margin + line);

    /// <summary>Breaks lines between words; those of the text mean nothing.</summary>
    public void Paragraph(string text)
    {
        foreach (var line in Wrapped(text, Width - Indent))
            Line(line);
    }

    /// <summary>A paragraph that hangs from a mark.</summary>
    public void Item(string mark, string text) => Row(mark, text, mark.Length);

    /// <summary>Names on the left, texts beside them; a name that is too long stands above its text.</summary>
    public void Columns(IReadOnlyList<(string Name, string Text)> rows)
    {
        var widest = rows.Where(row => row.Name.Length <= WidestName).Select(row => row.Name.Length).DefaultIfEmpty(WidestName).Max();
        foreach (var (name, text) in rows)
            Row(name, text, widest);
    }

    private void Row(string name, string text, int column)
    {
        string[] lines = [.. Wrapped(text, Width - Indent - column - Gap)];
        if (name.Length > column || lines.Length == 0)
            Line(name);
        for (var i = 0; i < lines.Length; i++)
            Line((i == 0 && name.Length <= column ? name : "").PadRight(column + Gap) + lines[i]);
    }

    private static IEnumerable<string> Wrapped(string text, int width)
    {
        var line = "";
        foreach (var word in text.Split([' ', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line;
                line = "";
            }

            line += line.Length == 0 ? word : " " + word;
        }

        if (line.Length > 0)
            yield return line;
    }
}
