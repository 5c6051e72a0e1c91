using System.Text.Json;
using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Pipeline.Runs;
using ForgePrune.Pipeline.Stages;

namespace ForgePrune.Pipeline.Parts;

/// <summary>RUN/jobs/STAGE.json: the items of a stage, frozen by whoever collected the run up to it.</summary>
/// <param name="Stage">Its name.</param>
/// <param name="Key">The hash of everything that the items depend on: settings, model, text, earlier results, versions, seed, and device.</param>
/// <param name="Device">The kind of machine that gives these bits.</param>
/// <param name="Items">The names of the items' files.</param>
/// <param name="Processor">The processor's name, for messages; null where the system does not tell it.</param>
internal sealed record PartPlan(string Stage, string Key, string Device, IReadOnlyList<string> Items, string? Processor = null)
{
    private const string Folder = "jobs";

    /// <inheritdoc cref="PartJob.Units"/>
    public IReadOnlyList<int>? Units { get; init; }

    /// <inheritdoc cref="PartJob.Serves"/>
    public string? Serves { get; init; }

    /// <inheritdoc cref="PartJob.ServedStage"/>
    public string? ServedStage { get; init; }

    public static string FolderOf(string run) => Path.Combine(run, Folder);

    /// <summary>Null where nobody has collected the run up to the stage.</summary>
    /// <exception cref="BadInputException">The file is damaged.</exception>
    public static PartPlan? Read(string run, string stage)
    {
        var path = PathOf(run, stage);
        using var stream = SharedFile.TryOpen(path);
        if (stream is null)
            return null;
        try
        {
            return JsonSerializer.Deserialize(stream, RunJson.Default.PartPlan);
        }
        catch (JsonException fault)
        {
            throw new BadInputException($"{path} cannot be read as the items of a stage; collect the run up to it again", fault);
        }
    }

    public void Write(string run) => AtomicFile.WriteJson(PathOf(run, Stage), this, RunJson.Default.PartPlan);

    /// <summary>Where the items are left by whoever makes them.</summary>
    public PartFolder Parts(string run) => new(Path.Combine(run, RunFolder.PartsFolder, $"{Stage}-{Key}"));

    /// <summary>Which of so many workers an item belongs to, from 0. Neighboring units stay together where items have units. Otherwise items are dealt
    /// out in turn: they grow or shrink from the first layer to the last, and all shares take about as long.</summary>
    public int Owner(int item, int workers) => Units is null ? item % workers : (int)((long)Units[item] * workers / (Units[^1] + 1));

    /// <summary>Whether the run holds the finished stage with these items, or the one that they serve.</summary>
    public bool IsFinished(string run) => Serves is null ? Holds(run, Stage, Key) : Holds(run, ServedStage ?? CalibrationResult.Name, Serves);

    private static bool Holds(string run, string stage, string hash) => StageManifestFile.Read(RunFolder.ManifestPath(run, stage))?.Hash == hash;

    /// <summary>Whether whoever collects has taken an item already.</summary>
    public bool IsCollected(string run, string item) => File.Exists(Path.Combine(run, RunFolder.StateFolder, Stage, Key, item));

    /// <exception cref="BadInputException">This machine gives other bits.</exception>
    public void RequireDevice(string device)
    {
        if (device == Device)
            return;
        throw new BadInputException(
            $"stage '{Stage}' was begun on {Named(Processor)} ({Device}), but this is {Named(Latency.Processor.Name)} ({device}), whose sums differ in their "
            + "last bits; give the workers the same kind of machine and the same `Threads`, or collect on a machine of this kind first");
    }

    private static string Named(string? processor) => processor ?? "a processor without a name";

    public static string PathOf(string run, string stage) => Path.Combine(FolderOf(run), StageName.Check(stage) + ".json");
}
