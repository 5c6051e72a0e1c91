namespace ForgePrune.Evaluation.Tasks.Readers;

/// <summary>JSONL with query, choices and gold, as MosaicML's evaluation data has it. What its queries lack of the harness's prompt is a
/// row of a table.</summary>
internal static class ChoiceFile
{
    /// <param name="Start">Cut from the front of the query where it stands there.</param>
    /// <param name="End">Appended to the query once spaces at its end are gone.</param>
    private sealed record Format(string Task, string Start, string End, bool Normalised, string Protocol);

    private const string AsFileHasIt = "the query as the file has it (not the harness's own prompt)";

    private static readonly Dictionary<string, Format> Formats = new(StringComparer.OrdinalIgnoreCase)
    {
        ["arc_easy"] = new("arc_easy", "", "\nAnswer:", true, "'Question: …\\nAnswer:', then the choice's text"),
        ["arc_challenge"] = new("arc_challenge", "", "\nAnswer:", true, "'Question: …\\nAnswer:', then the choice's text"),
        ["piqa"] = new("piqa", "", "\nAnswer:", true, "'Question: goal\\nAnswer:', then the solution"),
        ["boolq"] = new("boolq", "Passage: ", "\nAnswer:", false, "'passage\\nQuestion: …?\\nAnswer:', then no or yes"),
        ["openbook_qa"] = new("openbookqa", "", "", true, "the question's stem, then the choice's text"),
    };

    public static EvaluationTask Read(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        var format = Formats.GetValueOrDefault(name) ?? new Format(name, "", "", true, AsFileHasIt);
        return new EvaluationTask(format.Task, null, new ChoiceScoring(format.Normalised), format.Protocol,
            [.. TaskLines.Objects(path).Select(question => Question(question, format))]);
    }

    private static TaskQuestion Question(TaskObject question, Format format)
    {
        var (query, choices) = (question.Text("query"), question.Texts("choices"));
        if (query.StartsWith(format.Start, StringComparison.Ordinal))
            query = query[format.Start.Length..];
        var context = format.End.Length > 0 ? query.TrimEnd() + format.End : query;
        return TaskQuestion.Of(question.Line, context, choices, question.Index("gold", choices.Length));
    }
}
