namespace ForgePrune.Evaluation.Tasks.Readers;

/// <summary>LAMBADA: the last word of a passage from all before it. JSONL with text, or with context and continuation apart.</summary>
internal static class LambadaFile
{
    public static EvaluationTask Read(string path) => new("lambada_openai", null, new LastWordScoring(),
        "the passage without its last word, then a space and that word; perplexity is per word",
        [.. TaskLines.Objects(path).Select(question => question.Has("text") ? Passage(question)
            : Question(question, question.Text("context"), question.Text("continuation")))]);

    private static TaskQuestion Passage(TaskObject question)
    {
        var text = question.Text("text");
        var last = text.LastIndexOf(' ');
        return last > 0 && last < text.Length - 1 ? Question(question, text[..last], text[(last + 1)..])
            : throw question.Fault("has a \"text\" without a last word after a space; give a passage of several words");
    }

    private static TaskQuestion Question(TaskObject question, string context, string word) =>
        word.Length > 0 ? TaskQuestion.Of(question.Line, context, [word], 0) : throw question.Wrong("continuation", "a word");
}
