using System.Text.Json;
using ForgePrune.IO;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Serving;

namespace ForgePrune.Methods.Comparison;

/// <summary>What a comparison remembers of a cell, beside the run itself.</summary>
/// <param name="Key">Of everything the run depends on.</param>
/// <param name="TaskKey">Of the tasks that were asked; null for none.</param>
internal sealed record FinishedRun(string Key, string? Shortfall, string? TaskKey, IReadOnlyList<TaskFigures>? Tasks);

/// <summary>Which runs of a comparison are done, in OUT/finished. A run counts only while its own summary stands, which goes first when any
/// stage of it is made anew.</summary>
internal sealed class FinishedRuns(string place)
{
    public const string Folder = "finished";

    public string RunFolder(string name) => Path.Combine(place, name);

    /// <summary>Null where the cell is not done, or was done with other settings.</summary>
    public (FinishedRun Run, RunSummary? Summary)? Find(string name, string key)
    {
        var summary = Path.Combine(RunFolder(name), "summary.json");
        if (!File.Exists(Place(name)) || Read(Place(name), ComparisonJson.Default.FinishedRun) is not { } run || run.Key != key)
            return null;
        if (File.Exists(summary))
            return Read(summary, ComparisonJson.Default.RunSummary) is { } figures ? (run, figures) : null;
        // A target out of reach leaves no summary, and is known all the same.
        return run.Shortfall is not null && !Directory.Exists(RunFolder(name)) ? (run, null) : null;
    }

    /// <summary>The figures of these tasks, for a model that is no run.</summary>
    public IReadOnlyList<TaskFigures>? FindTasks(string name, string model, string taskKey) =>
        File.Exists(Place(name)) && Read(Place(name), ComparisonJson.Default.FinishedRun) is { } run && run.Key == model && run.TaskKey == taskKey ? run.Tasks
            : null;

    public void Keep(string name, FinishedRun run) => AtomicFile.WriteJson(Place(name), run, ComparisonJson.Default.FinishedRun);

    private string Place(string name) => Path.Combine(place, Folder, name + ".json");

    // A damaged file is no proof: the run is looked through again, which costs little where it is done.
    private static T? Read<T>(string path, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), type);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
