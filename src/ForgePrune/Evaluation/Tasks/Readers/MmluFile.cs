namespace ForgePrune.Evaluation.Tasks.Readers;

/// <summary>MMLU: as published a CSV for each subject, of question, four choices and the answer, a number from 0 or a letter, with or without a line
/// of headings; dumped from the hub, objects that name their subject.</summary>
internal static class MmluFile
{
    private const string Group = "mmlu", Letters = "ABCD";

    private const int Columns = 2 + 4;

    public static readonly string[] Headings = ["question", "A", "B", "C", "D", "answer"];

    public static EvaluationTask Read(string path)
    {
        var subject = Path.GetFileNameWithoutExtension(path);
        foreach (var part in new[] { "_test", "_val", "_dev" })
            subject = subject.EndsWith(part, StringComparison.Ordinal) ? subject[..^part.Length] : subject;
        var rows = CsvRows.Read(path).SkipWhile(row => row.Line == 1 && row.Fields.SequenceEqual(Headings));
        return Task(subject, rows.Select(row => Question(path, row.Line, row.Fields, subject)));
    }

    /// <summary>One task for each subject, in the order in which they first appear.</summary>
    public static EvaluationTask[] ReadLines(string path) =>
        [.. TaskLines.Objects(path).GroupBy(question => question.Text("subject")).Select(subject => Task(subject.Key, subject.Select(Question)))];

    private static EvaluationTask Task(string subject, IEnumerable<TaskQuestion> questions) =>
        new($"{Group}_{subject}", Group, new ChoiceScoring(normalized: false),
        "'The following are multiple choice questions (with answers) about SUBJECT.', the question, 'A. … D. …', 'Answer:', then the letter; no examples",
        [.. questions]);

    private static TaskQuestion Question(TaskObject question)
    {
        var choices = question.Texts("choices", Letters.Length);
        if (choices.Length != Letters.Length)
            throw question.Wrong("choices", $"a list of {Letters.Length}");
        var gold = question.Field("answer").ValueKind == System.Text.Json.JsonValueKind.String ? Gold(question.Text("answer"))
            : question.Index("answer", choices.Length);
        return gold >= 0 ? Question(question.Line, question.Text("subject"), question.Text("question"), choices, gold)
            : throw question.Wrong("answer", "0 to 3 or A to D");
    }

    private static TaskQuestion Question(string path, long line, string[] fields, string subject)
    {
        if (fields.Length != Columns)
            throw TaskErrors.Line(path, line, $"has {fields.Length} fields where {Columns} are needed: question, four choices, answer");
        var gold = Gold(fields[^1]);
        return gold >= 0 ? Question(line, subject, fields[0], fields[1..^1], gold)
            : throw TaskErrors.Line(path, line, $"has the answer '{fields[^1].Trim()}' where 0 to 3 or A to D is needed");
    }

    private static TaskQuestion Question(long line, string subject, string question, string[] choices, int gold) => TaskQuestion.Of(line,
        $"The following are multiple choice questions (with answers) about {subject.Replace('_', ' ')}.\n\n{question.Trim()}"
            + $"{string.Concat(Letters.Select((letter, i) => $"\n{letter}. {choices[i]}"))}\nAnswer:",
        [.. Letters.Select(letter => letter.ToString())], gold);

    /// <summary>-1 where it is no answer.</summary>
    private static int Gold(string answer) =>
        answer.Trim() is [var one] ? Math.Max(Letters.IndexOf(one), "0123".IndexOf(one)) : -1;
}
