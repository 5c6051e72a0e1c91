namespace ForgePrune.Evaluation.Tasks.Readers;

/// <summary>AGIEval's English multiple-choice sets (data/v1): passage, question, options "(A)…", label.</summary>
internal static class AgiEvalFile
{
    private const string Group = "agieval", Letters = "ABCDEFG";

    public static EvaluationTask Read(string path)
    {
        var set = Path.GetFileNameWithoutExtension(path);
        set = set.StartsWith("v1_", StringComparison.Ordinal) ? set[3..] : set;
        return new EvaluationTask($"{Group}_{set.Replace('-', '_')}", Group, new ChoiceScoring(normalized: true),
            "passage, 'Q: … Answer Choices: …\\nA: Among A through …, the answer is', then the option with its letter",
            [.. TaskLines.Objects(path).Select(Question)]);
    }

    private static TaskQuestion Question(TaskObject question)
    {
        var options = question.Texts("options");
        if (options.Length > Letters.Length)
            throw question.Wrong("options", $"a list of at most {Letters.Length}");
        var label = question.Text("label").Trim();
        var gold = label.Length == 1 ? Letters.IndexOf(label[0], StringComparison.Ordinal) : -1;
        if (gold < 0 || gold >= options.Length)
            throw question.Wrong("label", $"a letter from A to {Letters[options.Length - 1]}");
        var context = $"{question.TextOrEmpty("passage")}Q: {question.Text("question")} Answer Choices: {string.Join(' ', options)}\n"
            + $"A: Among A through {Letters[options.Length - 1]}, the answer is";
        return TaskQuestion.Of(question.Line, context, options, gold);
    }
}
