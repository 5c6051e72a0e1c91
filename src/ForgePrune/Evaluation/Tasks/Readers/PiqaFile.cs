namespace ForgePrune.Evaluation.Tasks.Readers;

/// <summary>PIQA as published: goal, sol1, sol2 in JSONL, and the right solutions in NAME-labels.lst beside it, one 0 or 1 a line. The hub's data set has
/// them as label of each object.</summary>
internal static class PiqaFile
{
    public static EvaluationTask Read(string path)
    {
        var questions = TaskLines.Objects(path).ToArray();
        int[] labels = questions[0].Has("label") ? [.. questions.Select(question => question.Index("label", 2))] : Labels(path);
        if (questions.Length != labels.Length)
            throw TaskErrors.Line(LabelFile(path), Math.Min(questions.Length, labels.Length) + 1,
                $"parts {labels.Length} labels from {questions.Length} questions of {path}; give one label per question");
        return new EvaluationTask("piqa", null, new ChoiceScoring(normalized: true), "'Question: goal\\nAnswer:', then the solution",
            [.. questions.Select((question, i) => TaskQuestion.Of(
                question.Line, $"Question: {question.Text("goal")}\nAnswer:", [question.Text("sol1"), question.Text("sol2")], labels[i]))]);
    }

    public static string LabelFile(string path) => Path.ChangeExtension(path, null) + "-labels.lst";

    private static int[] Labels(string path)
    {
        var file = LabelFile(path);
        return [.. TaskLines.Text(file).Select((line, i) => line.Trim() switch
        {
            "0" => 0,
            "1" => 1,
            var other => throw TaskErrors.Line(file, i + 1, $"is '{other}' where 0 or 1 is needed"),
        })];
    }
}
