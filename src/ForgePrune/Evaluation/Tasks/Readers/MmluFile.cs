namespace ForgePrune.Evaluation.Tasks.Readers;

/// <summary>One subject of MMLU: question, four choices and the answer, a number from 0 or a letter, with or without a line of headings.</summary>
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
        return new EvaluationTask($"{Group}_{subject}", Group, new ChoiceScoring(normalised: false),
            "'The following are multiple choice questions (with answers) about SUBJECT.', the question, 'A. … D. …', 'Answer:', then the letter; no examples",
            [.. rows.Select(row => Question(path, row.Line, row.Fields, subject.Replace('_', ' ')))]);
    }

    private static TaskQuestion Question(string path, long line, string[] fields, string subject)
    {
        if (fields.Length != Columns)
            throw TaskErrors.Line(path, line, $"has {fields.Length} fields where {Columns} are needed: question, four choices, answer");
        var answer = fields[^1].Trim();
        var gold = answer.Length == 1 ? Math.Max(Letters.IndexOf(answer[0]), "0123".IndexOf(answer[0])) : -1;
        if (gold < 0)
            throw TaskErrors.Line(path, line, $"has the answer '{answer}' where 0 to 3 or A to D is needed");
        var choices = string.Concat(Letters.Select((letter, i) => $"\n{letter}. {fields[1 + i]}"));
        return TaskQuestion.Of(line, $"The following are multiple choice questions (with answers) about {subject}.\n\n{fields[0].Trim()}{choices}\nAnswer:",
            [.. Letters.Select(letter => letter.ToString())], gold);
    }
}
