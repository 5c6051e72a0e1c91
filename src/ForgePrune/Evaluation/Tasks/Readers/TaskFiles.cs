using ForgePrune.Errors;
using ForgePrune.Progress;

namespace ForgePrune.Evaluation.Tasks.Readers;

/// <summary>Reads the tasks of files and folders. The ending of a file and the names of its fields decide which task it is.</summary>
public static class TaskFiles
{
    private const string LabelledName = "ARC and OpenBookQA have the same fields; call it or its folder arc_easy, arc_challenge or openbookqa";

    /// <summary>The reader for objects that have all these fields; null where such are no task.</summary>
    private static readonly (string[] Fields, Func<string, EvaluationTask[]>? Read)[] Readers =
    [
        (["query", "choices", "gold"], path => [ChoiceFile.Read(path)]),
        (["context_options", "continuation", "gold"], path => [PartialFile.Read(path)]),
        (["sentence", "option1", "option2", "answer"], path => [PartialFile.Read(path)]),
        (["activity_label", "ctx_a", "endings", "label"], path => [HellaSwagFile.Read(path)]),
        (["goal", "sol1", "sol2"], path => [PiqaFile.Read(path)]),
        (["question", "options", "label"], path => [AgiEvalFile.Read(path)]),
        (["question", "mc1_targets", "mc2_targets"], TruthfulQaFile.Read),
        (["question", "subject", "choices", "answer"], MmluFile.ReadLines),
        (["question", "passage", "answer"], BoolQFile.Read),
        (["question", "passage", "label"], BoolQFile.Read),
        (["question_concept"], null), // CommonsenseQA, else much like ARC
        (["question_stem", "choices", "answerKey"], LabelledFile.Read),
        (["question", "answerKey"], LabelledFile.Read),
        (["context", "continuation"], path => [LambadaFile.Read(path)]),
        (["text"], path => [LambadaFile.Read(path)]),
    ];

    /// <summary>Reads the tasks of each path. A file must be a task; in a folder, other files are skipped with a note.</summary>
    /// <exception cref="BadInputException">A path does not exist, holds no task, or a file has an error.</exception>
    public static IReadOnlyList<EvaluationTask> Read(IEnumerable<string> paths, IProgressReport progress) =>
        [.. paths.SelectMany<string, EvaluationTask>(path => Directory.Exists(path) ? Folder(path, progress) : One(path))];

    private static List<EvaluationTask> Folder(string folder, IProgressReport progress)
    {
        var tasks = new List<EvaluationTask>();
        foreach (var path in Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            if (path.EndsWith("-labels.lst", StringComparison.Ordinal))
                continue;
            if (Kind(path, out var why) is { } read)
                tasks.AddRange(Filled(path, read(path)));
            else
                progress.Note($"left out: {path}: {why}");
        }
        return tasks.Count > 0 ? tasks : throw TaskErrors.Nothing(folder);
    }

    private static EvaluationTask[] One(string path) =>
        Kind(path, out var why) is { } read ? Filled(path, read(path)) : throw TaskErrors.Unknown(path, why);

    private static EvaluationTask[] Filled(string path, EvaluationTask[] tasks) =>
        tasks.All(task => task.Questions.Count > 0) ? tasks : throw TaskErrors.NoQuestions(path);

    private static Func<string, EvaluationTask[]>? Kind(string path, out string why)
    {
        why = "";
        switch (Path.GetExtension(path).ToLowerInvariant())
        {
            case ".jsonl" or ".ndjson" or ".json":
                return Objects(path, out why);
            case ".txt" when Path.GetFileName(path).Contains("hellaswag", StringComparison.OrdinalIgnoreCase):
                return file => [HellaSwagFile.ReadText(file)];
            case ".csv":
                return Table(path, out why);
            default:
                why = "neither .jsonl, .ndjson, .json, .csv (MMLU) nor a HellaSwag .txt";
                return null;
        }
    }

    private static Func<string, EvaluationTask[]>? Objects(string path, out string why)
    {
        var first = TaskLines.Objects(path).FirstOrDefault() ?? throw TaskErrors.NoQuestions(path);
        why = $"its first object has the fields {string.Join(", ", first.Fields().Select(field => field.Name)).ReplaceLineEndings(" ")}";
        // What published ARC and OpenBookQA have of CommonsenseQA lies one deeper.
        if (first.Has("question") && first.Field("question") is { ValueKind: System.Text.Json.JsonValueKind.Object } inner
            && (first with { Json = inner }).Has("question_concept"))
            return null;
        var read = Readers.FirstOrDefault(reader => reader.Fields.All(first.Has)).Read;
        if (read != LabelledFile.Read || LabelledFile.TaskOf(path, first) is not null)
            return read;
        why = LabelledName;
        return null;
    }

    private static Func<string, EvaluationTask[]>? Table(string path, out string why)
    {
        var (line, fields) = CsvRows.Read(path).FirstOrDefault();
        if (line == 0)
            throw TaskErrors.NoQuestions(path);
        why = fields.Contains("Best Answer") ? "TruthfulQA.csv has no fixed choices; mc_task.json has them" : "its rows are not those of MMLU";
        return fields.Length == MmluFile.Headings.Length ? file => [MmluFile.Read(file)] : null;
    }
}
