using System.Text.Json;
using System.Text.RegularExpressions;

namespace ForgePrune.Evaluation.Tasks.Readers;

/// <summary>ARC and OpenBookQA: choices with labels, of which answerKey names the right one. As their authors publish them (question is an object of stem and
/// choices) and as the hub's data sets are dumped (choices is an object of two lists).</summary>
internal static partial class LabelledFile
{
    private const string OpenBook = "openbookqa";

    public static EvaluationTask[] Read(string path)
    {
        var questions = TaskLines.Objects(path).ToArray();
        var task = TaskOf(path, questions[0])!;
        var protocol = task == OpenBook ? "the question's stem, then the choice's text" : "'Question: …\\nAnswer:', then the choice's text";
        return [new(task, null, new ChoiceScoring(normalized: true), protocol, [.. questions.Select(question => Question(question, task))])];
    }

    /// <summary>The task that a file holds, by its first question and what it and its folder are called; null where neither tells.</summary>
    public static string? TaskOf(string path, TaskObject first)
    {
        if (first.Has("question_stem"))
            return OpenBook;
        var names = $"{Path.GetFileName(Path.GetDirectoryName(Path.GetFullPath(path)))}/{Path.GetFileName(path)}".ToLowerInvariant();
        if (Arc().Matches(names).MaxBy(name => name.Length) is { } arc)
            return arc.Groups["set"].Success ? $"arc_{arc.Groups["set"].Value}" : "arc";
        // Both are published in one form; dumped, OpenBookQA's question goes by another name.
        return OpenBookName().IsMatch(names) ? OpenBook : first.Field("question").ValueKind == JsonValueKind.String ? "arc" : null;
    }

    private static TaskQuestion Question(TaskObject question, string task)
    {
        var (stem, choices) = question.Has("question_stem") ? (question.Text("question_stem"), question.Field("choices"))
            : question.Field("question") is { ValueKind: JsonValueKind.Object } published ? Published(question with { Json = published })
            : (question.Text("question"), question.Field("choices"));
        var (texts, labels) = Choices(question, choices);
        var key = question.Text("answerKey");
        var gold = Array.IndexOf(labels, key);
        if (gold < 0 || labels.Distinct(StringComparer.Ordinal).Count() != labels.Length)
            throw question.Wrong("answerKey", $"one of the labels {string.Join(", ", labels)}");
        return TaskQuestion.Of(question.Line, task == OpenBook ? stem : $"Question: {stem}\nAnswer:", texts, gold);
    }

    private static (string Stem, JsonElement Choices) Published(TaskObject question) => (question.Text("stem"), question.Field("choices"));

    private static (string[] Texts, string[] Labels) Choices(TaskObject question, JsonElement choices)
    {
        if (choices.ValueKind == JsonValueKind.Object)
        {
            var lists = question with { Json = choices };
            var (texts, labels) = (lists.Texts("text"), lists.Texts("label"));
            return texts.Length == labels.Length ? (texts, labels) : throw question.Wrong("choices", "as many texts as labels");
        }
        if (choices.ValueKind != JsonValueKind.Array || choices.GetArrayLength() < 2
            || choices.EnumerateArray().Any(choice => choice.ValueKind != JsonValueKind.Object))
            throw question.Wrong("choices", "a list of at least two objects with text and label, or an object of two lists");
        TaskObject[] each = [.. choices.EnumerateArray().Select(choice => question with { Json = choice })];
        string[] written = [.. each.Select(choice => choice.Text("text"))];
        return written.All(text => text.Length > 0) ? (written, [.. each.Select(choice => choice.Text("label"))])
            : throw question.Wrong("choices", "a list of texts, none of them empty");
    }

    [GeneratedRegex("(?<![a-z])arc(?![a-z])([-_ ]?(?<set>easy|challenge))?")]
    private static partial Regex Arc();

    [GeneratedRegex("open_?-?book|obqa")]
    private static partial Regex OpenBookName();
}
