using System.Globalization;
using System.Text.RegularExpressions;

namespace ForgePrune.Evaluation.Tasks.Readers;

/// <summary>HellaSwag: the data's own JSONL, or the text of six lines a question (context, number of the right ending, four endings).</summary>
internal static partial class HellaSwagFile
{
    private const string Name = "hellaswag";

    private const int Endings = 4, LinesPerQuestion = 2 + Endings;

    public static EvaluationTask Read(string path) => Task("'activity: context', then the ending, cleaned as the harness does",
        [.. TaskLines.Objects(path).Select(Question)]);

    public static EvaluationTask ReadText(string path)
    {
        var lines = TaskLines.Text(path);
        if (lines.Length % LinesPerQuestion != 0)
            throw TaskErrors.Line(path, lines.Length, $"ends the file amid a question of {LinesPerQuestion} lines; complete it or take it out");
        return Task("context and endings as the file has them: its contexts do not begin the last sentence in upper case, where the harness does",
            [.. Enumerable.Range(0, lines.Length / LinesPerQuestion).Select(i => Question(path, lines, i * LinesPerQuestion))]);
    }

    private static EvaluationTask Task(string protocol, TaskQuestion[] questions) => new(Name, null, new ChoiceScoring(normalized: true), protocol, questions);

    private static TaskQuestion Question(string path, string[] lines, int first)
    {
        var endings = lines[(first + 2)..(first + LinesPerQuestion)];
        var empty = Array.FindIndex(lines, first, LinesPerQuestion, line => line.Length == 0);
        if (empty >= 0)
            throw TaskErrors.Line(path, empty + 1, "is empty; a question has a context, a number and four endings");
        if (!int.TryParse(lines[first + 1], NumberStyles.None, CultureInfo.InvariantCulture, out var gold) || gold >= Endings)
            throw TaskErrors.Line(path, first + 2, $"is '{Short(lines[first + 1])}' where the right ending's number, 0 to {Endings - 1}, is needed");
        return TaskQuestion.Of(first + 1, lines[first], endings, gold);
    }

    private static TaskQuestion Question(TaskObject question)
    {
        var endings = question.Texts("endings").Select(Clean).ToArray();
        var context = question.Text("ctx_a") + " " + Capitalised(question.TextOrEmpty("ctx_b"));
        return TaskQuestion.Of(question.Line, Clean(question.Text("activity_label") + ": " + context), endings, question.Index("label", endings.Length));
    }

    /// <summary>First letter upper, all others lower, as Python's capitalize.</summary>
    private static string Capitalised(string text) => text.Length == 0 ? "" : char.ToUpperInvariant(text[0]) + text[1..].ToLowerInvariant();

    /// <summary>WikiHow's marks in brackets go; each pair of spaces becomes one, once.</summary>
    private static string Clean(string text) =>
        Brackets().Replace(text.Trim().Replace(" [title]", ". ", StringComparison.Ordinal), "").Replace("  ", " ", StringComparison.Ordinal);

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";

    [GeneratedRegex(@"\[.*?\]")]
    private static partial Regex Brackets();
}
