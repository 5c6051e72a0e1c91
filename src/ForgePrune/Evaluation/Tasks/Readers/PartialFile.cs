namespace ForgePrune.Evaluation.Tasks.Readers;

/// <summary>WinoGrande and its like by partial scoring: the options are contexts, and what follows them in the sentence is scored. JSONL with
/// context_options, continuation and gold, or WinoGrande's own sentence, option1, option2 and answer.</summary>
internal static class PartialFile
{
    private const string Blank = "_";

    public static EvaluationTask Read(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        var objects = TaskLines.Objects(path).ToArray();
        return new EvaluationTask(
            name.StartsWith("winogrande", StringComparison.OrdinalIgnoreCase) || objects[0].Has("sentence") ? "winogrande" : name,
            null, new ChoiceScoring(normalized: false), "partial scoring: the rest of the sentence after each option",
            [.. objects.Select(question => question.Has("sentence") ? Sentence(question) : Options(question))]);
    }

    private static TaskQuestion Options(TaskObject question)
    {
        var options = question.Texts("context_options");
        return Question(question, options, question.Text("continuation"), question.Index("gold", options.Length));
    }

    private static TaskQuestion Sentence(TaskObject question)
    {
        var sentence = question.Text("sentence");
        var blank = sentence.IndexOf(Blank, StringComparison.Ordinal);
        if (blank < 0)
            throw question.Fault("has a \"sentence\" without the blank '_'; mark where the options go");
        var start = sentence[..blank];
        return Question(question, [start + question.Text("option1"), start + question.Text("option2")],
            sentence[(blank + Blank.Length)..], question.Index("answer", 3) is var answer and > 0 ? answer - 1 : throw question.Wrong("answer", "1 or 2"));
    }

    private static TaskQuestion Question(TaskObject question, string[] contexts, string rest, int gold)
    {
        var scored = rest.Trim();
        if (scored.Length == 0)
            throw question.Fault("has nothing after the blank that could be scored; leave the question out");
        return new TaskQuestion(question.Line, [.. contexts.Select(context => new TaskRequest(context, " " + scored))], contexts,
            [.. contexts.Select((_, i) => i == gold)]);
    }
}
