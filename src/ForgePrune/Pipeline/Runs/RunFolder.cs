using ForgePrune.Errors;
using ForgePrune.IO;
using ForgePrune.Pipeline.Summary;

namespace ForgePrune.Pipeline.Runs;

/// <summary>A run's folder, locked for this process or only read: stages as sub-folders, their manifests beside them, the summary on top.</summary>
public sealed class RunFolder : IDisposable
{
    internal const string PartsFolder = "parts", StateFolder = "state";

    private const string ManifestFolder = "manifests", TemporaryFolder = ".tmp", HashesFile = "hashes.json",
        SummaryFile = "summary.json",
        ReportFile = "report.html", StudyFile = "study.json";

    private readonly RunLock? held;

    private RunFolder(string path, IReadOnlyList<string> lenders, RunLock? held)
    {
        (FullPath, this.lenders, this.held) = (path, lenders, held);
        Hashes = KnownHashes.Open(Path.Combine(path, HashesFile), kept: held is not null);
    }

    /// <summary>Whether stages are only read here, while another process may hold the lock.</summary>
    internal bool IsReader => held is null;

    /// <summary>Absolute path of the folder.</summary>
    public string FullPath { get; }

    // What follows from the dense model and the text alone. Everything that a run leaves to its user lies in its own folder.
    private static readonly string[] Lendable = ["calibration", "continuations", "levels", "pace", "taylor", "text"];

    private readonly IReadOnlyList<string> lenders;

    /// <summary>Hashes of large files, so that no run reads them only to find them unchanged.</summary>
    public KnownHashes Hashes { get; }

    /// <summary>Path of summary.json.</summary>
    public string SummaryPath => Path.Combine(FullPath, SummaryFile);

    /// <summary>The summary as a page for people.</summary>
    public string ReportPath => Path.Combine(FullPath, ReportFile);

    /// <summary>Creates or opens the run at <paramref name="path"/>, takes its lock and sweeps away what a killed run left unfinished.</summary>
    public static RunFolder Open(string path) => Open(path, []);

    /// <param name="lenders">Folders of other runs, which may lend finished stages.</param>
    internal static RunFolder Open(string path, IReadOnlyList<string> lenders)
    {
        var folder = NewFolder.PathOf(path);
        RequireUsable(folder);
        WriteErrors.Guard(folder, () => Directory.CreateDirectory(folder));
        var held = RunLock.Take(folder);
        try
        {
            var run = new RunFolder(folder, lenders, held);
            run.Sweep();
            if (!File.Exists(Path.Combine(folder, RunMarker.FileName)))
                AtomicFile.WriteJson(Path.Combine(folder, RunMarker.FileName), RunMarker.Current, RunJson.Default.RunMarker);
            return run;
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>The run at <paramref name="path"/> for a process that reads its finished stages, and changes nothing but <see cref="PartsPath"/>.</summary>
    /// <exception cref="BadInputException">There is no run, or one of another layout.</exception>
    internal static RunFolder Attach(string path)
    {
        var folder = NewFolder.PathOf(path);
        var marker = Path.Combine(folder, RunMarker.FileName);
        if (SharedFile.Await(folder, () => SharedFile.IsThere(marker) ? marker : null) is null)
            throw new BadInputException($"{path} holds no run yet; collect it first");
        RunMarkerFile.RequireOurs(marker);
        return new RunFolder(folder, [], null);
    }

    /// <summary>Throws unless <paramref name="path"/> may become or is a run: absent, empty, or marked as one. Changes nothing.</summary>
    public static void RequireUsable(string path)
    {
        if (File.Exists(NewFolder.PathOf(path)))
            throw new BadInputException($"`Out` {path} is a file; name a folder that is empty, absent or an earlier run");
        if (NewFolder.NoFolderAbove(NewFolder.PathOf(path)) is { } above)
            throw new BadInputException($"`Out` {path} lies below {above}, which is no folder; name a place in a folder");
        if (!Directory.Exists(path))
            return;
        var marker = Path.Combine(path, RunMarker.FileName);
        // Asked again: another process may have marked the folder meanwhile, and the lock will say so.
        var foreign = !File.Exists(marker) && WriteErrors.Guard(path, () => Directory.EnumerateFileSystemEntries(path).Any(IsForeign));
        if (File.Exists(marker))
            RunMarkerFile.RequireOurs(marker);
        else if (foreign)
            throw new BadInputException($"`Out` {path} holds files that are no run of ForgePrune; name a folder that is empty, absent or an earlier run");
    }

    /// <summary>Whether a run lies at <paramref name="path"/>.</summary>
    public static bool IsRun(string path) => RunMarkerFile.IsOurs(Path.Combine(path, RunMarker.FileName));

    /// <summary>Throws where <paramref name="input"/> lies in <paramref name="path"/>: a run makes its folder anew as it needs, and would take away
    /// what it reads.</summary>
    public static void RequireOutside(string path, string input)
    {
        var (folder, read) = (NewFolder.PathOf(path), NewFolder.PathOf(input));
        if (read == folder || read.StartsWith(Path.TrimEndingDirectorySeparator(folder) + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            throw new BadInputException($"`Out` {path} holds {input}, which this run would read and replace; name another folder");
    }

    /// <summary>Folder of a finished stage's files.</summary>
    public string StageFolder(string stage) => Path.Combine(FullPath, StageName.Check(stage));

    /// <summary>Folder for sealed files that a stage wants to find again after it was broken off. It belongs to the key, so another run's state is never met,
    /// and goes once the stage is done, or when the stage is begun by another key.</summary>
    public string StatePath(string stage, StageKey key) => Path.Combine(StatesOf(stage), key.Hash());

    /// <summary>Lets go of whatever broken-off stages and other processes left that no longer belong to the run.</summary>
    public void ForgetStates()
    {
        Runs.Stage.Clear(Path.Combine(FullPath, StateFolder));
        Runs.Stage.Clear(Path.Combine(FullPath, PartsFolder));
    }

    /// <summary>Where other processes leave finished items of a stage, by stage and key.</summary>
    internal string PartsPath(string stage, StageKey key) => Path.Combine(FullPath, PartsFolder, $"{StageName.Check(stage)}-{key.Hash()}");

    /// <summary>A folder that no other process has, for what the makers of items need meanwhile. A killed one leaves it until the run is done.</summary>
    internal string ScratchPath() => Path.Combine(FullPath, PartsFolder, ProcessName.Unique());

    /// <summary>The stages that are there whole, by name.</summary>
    public IReadOnlyList<string> Finished() => Directory.Exists(Path.Combine(FullPath, ManifestFolder))
        ? [.. Directory.EnumerateFiles(Path.Combine(FullPath, ManifestFolder), "*.json").Select(file => Path.GetFileNameWithoutExtension(file)!)
            .Order(StringComparer.Ordinal)]
        : [];

    /// <inheritdoc cref="Runs.Stage.Run"/>
    public StageResult Stage(string stage, StageKey key, Action<string> produce, Action<int>? resumed = null) =>
        Runs.Stage.Run(this, stage, key, produce, resumed);

    /// <inheritdoc cref="Runs.Stage.RunItems"/>
    public StageResult ItemStage(string stage, StageKey key, Action<string> produce, Action<int>? resumed = null) =>
        Runs.Stage.RunItems(this, stage, key, produce, resumed);

    /// <inheritdoc cref="Runs.Stage.Find"/>
    public StageResult? Find(string stage, StageKey key) => Runs.Stage.Find(this, stage, key);

    /// <summary>Writes summary.json. Left out of the manifests: it is the last thing written and read by people and scripts only.</summary>
    public void WriteSummary(RunSummary summary) => AtomicFile.WriteJson(SummaryPath, summary, RunJson.Default.RunSummary);

    /// <summary>Lets go of the lock.</summary>
    public void Dispose()
    {
        if (held is null)
            return;
        try
        {
            // Empty when every stage ended or cleaned up; deleting without its contents keeps what a stage may still hold.
            foreach (var folder in new[] { TemporaryFolder, StateFolder }.Select(name => Path.Combine(FullPath, name)).Where(Directory.Exists))
                if (!Directory.EnumerateFileSystemEntries(folder).Any())
                    Directory.Delete(folder);
        }
        catch (Exception fault) when (WriteErrors.IsWriteFault(fault))
        {
            // The next run sweeps it.
        }

        held.Dispose();
    }

    internal string ManifestPath(string stage) => ManifestPath(FullPath, stage);

    /// <summary>The run folders in which a stage may be found, this one first.</summary>
    internal IEnumerable<string> PlacesOf(string stage) => Lendable.Contains(stage) ? lenders.Prepend(FullPath) : [FullPath];

    internal static string ManifestPath(string run, string stage) => Path.Combine(run, ManifestFolder, StageName.Check(stage) + ".json");

    internal string StatesOf(string stage) => Path.Combine(FullPath, StateFolder, StageName.Check(stage));

    internal string TemporaryPath(string stage) => Path.Combine(FullPath, TemporaryFolder, StageName.Check(stage));

    // Killed between creating the folder and marking it: only these can lie there.
    private static bool IsForeign(string entry) => !(RunLock.IsOurs(entry) || AtomicFile.IsUnfinished(entry, RunMarker.FileName));

    private void Sweep() => WriteErrors.Guard(FullPath, () =>
    {
        var temporary = Path.Combine(FullPath, TemporaryFolder);
        if (Directory.Exists(temporary))
            Directory.Delete(temporary, recursive: true);
        // Beside these lies what people put there.
        foreach (var file in Directory.EnumerateFiles(FullPath).Where(file => AtomicFile
            .IsUnfinished(file, RunMarker.FileName, HashesFile, SummaryFile, ReportFile, StudyFile)))
            File.Delete(file);
        var manifests = Path.Combine(FullPath, ManifestFolder);
        if (Directory.Exists(manifests))
        {
            foreach (var file in Directory.EnumerateFiles(manifests, "*" + AtomicFile.TemporaryEnding))
                File.Delete(file);
        }
    });
}
