using System.Text.Json;

namespace ForgePrune.Evaluation.Tasks.Readers;

/// <summary>BoolQ as published (question, passage, and true or false as answer) and as SuperGLUE and the hub have it (label).</summary>
internal static class BoolQFile
{
    private static readonly string[] Answers = ["no", "yes"];

    public static EvaluationTask[] Read(string path) =>
    [
        new("boolq", null, new ChoiceScoring(normalized: false), "'passage\\nQuestion: …?\\nAnswer:', then no or yes",
            [.. TaskLines.Objects(path).Select(Question)]),
    ];

    private static TaskQuestion Question(TaskObject question)
    {
        var name = question.Has("answer") ? "answer" : "label";
        var gold = question.Field(name).ValueKind switch
        {
            JsonValueKind.True => 1,
            JsonValueKind.False => 0,
            JsonValueKind.Number => question.Index(name, Answers.Length),
            _ => throw question.Wrong(name, "true or false"),
        };
        return TaskQuestion.Of(question.Line, $"{question.Text("passage")}\nQuestion: {question.Text("question")}?\nAnswer:", Answers, gold);
    }
}
