using ForgePrune.Errors;
using ForgePrune.Runs;

namespace ForgePrune.Evaluation.Tasks.Readers;

/// <summary>Finds the tasks in files and folders. What a file is shows by its ending and the names of its fields, not by where it lies.</summary>
public static class TaskFiles
{
    /// <summary>The reader for JSONL whose objects have all these fields.</summary>
    private static readonly (string[] Fields, Func<string, EvaluationTask> Read)[] Readers =
    [
        (["query", "choices", "gold"], ChoiceFile.Read),
        (["context_options", "continuation", "gold"], PartialFile.Read),
        (["sentence", "option1", "option2", "answer"], PartialFile.Read),
        (["activity_label", "ctx_a", "endings", "label"], HellaSwagFile.Read),
        (["goal", "sol1", "sol2"], PiqaFile.Read),
        (["question", "options", "label"], AgiEvalFile.Read),
        (["context", "continuation"], LambadaFile.Read),
        (["text"], LambadaFile.Read),
    ];

    /// <summary>The tasks of each path: a file must be one; of a folder everything that is one counts, and what is none is named.</summary>
    /// <exception cref="BadInputException">Nothing there, no task, or a fault in a file.</exception>
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
            case ".jsonl":
                return Lines(path, out why);
            case ".txt" when Path.GetFileName(path).Contains("hellaswag", StringComparison.OrdinalIgnoreCase):
                return file => [HellaSwagFile.ReadText(file)];
            case ".json":
                return TruthfulQaFile.Read;
            case ".csv":
                return Table(path, out why);
            default:
                why = "neither .jsonl, .json (TruthfulQA), .csv (MMLU) nor a HellaSwag .txt";
                return null;
        }
    }

    private static Func<string, EvaluationTask[]>? Lines(string path, out string why)
    {
        var first = TaskLines.Objects(path).FirstOrDefault() ?? throw TaskErrors.NoQuestions(path);
        var reader = Readers.FirstOrDefault(reader => reader.Fields.All(first.Has));
        why = $"its first object has the fields {string.Join(", ", first.Json.EnumerateObject().Select(field => field.Name))}";
        return reader.Read is { } read ? file => [read(file)] : null;
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
