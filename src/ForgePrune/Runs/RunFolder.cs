using ForgePrune.Errors;

namespace ForgePrune.Runs;

/// <summary>A run's folder, locked for this process: stages as sub-folders, their manifests beside them, the summary on top.</summary>
public sealed class RunFolder : IDisposable
{
    private const string ManifestFolder = "manifests", TemporaryFolder = ".tmp", StateFolder = "state", HashesFile = "hashes.json", SummaryFile = "summary.json", ReportFile = "report.html";

    private readonly RunLock held;

    private RunFolder(string path, RunLock held)
    {
        (FullPath, this.held) = (path, held);
        Hashes = KnownHashes.Open(Path.Combine(path, HashesFile));
    }

    public string FullPath { get; }

    /// <summary>Hashes of large files, so that no run reads them only to find them unchanged.</summary>
    public KnownHashes Hashes { get; }

    public string SummaryPath => Path.Combine(FullPath, SummaryFile);

    /// <summary>The summary as a page for people.</summary>
    public string ReportPath => Path.Combine(FullPath, ReportFile);

    /// <summary>Creates or opens the run at <paramref name="path"/>, takes its lock and sweeps away what a killed run left unfinished.</summary>
    public static RunFolder Open(string path)
    {
        var folder = Path.GetFullPath(path);
        RequireUsable(folder);
        WriteErrors.Guard(folder, () => Directory.CreateDirectory(folder));
        var held = RunLock.Take(folder);
        try
        {
            var run = new RunFolder(folder, held);
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

    /// <summary>Throws unless <paramref name="path"/> may become or is a run: absent, empty, or marked as one. Changes nothing.</summary>
    public static void RequireUsable(string path)
    {
        if (File.Exists(path))
            throw new BadInputException($"--out {path} is a file; name a folder that is empty, absent or an earlier run");
        if (!Directory.Exists(path))
            return;
        var marker = Path.Combine(path, RunMarker.FileName);
        if (File.Exists(marker))
            RunMarkerFile.RequireOurs(marker);
        else if (WriteErrors.Guard(path, () => Directory.EnumerateFileSystemEntries(path).Any(IsForeign)))
            throw new BadInputException($"--out {path} holds files that are no run of ForgePrune; name a folder that is empty, absent or an earlier run");
    }

    /// <summary>Folder of a finished stage's files.</summary>
    public string StageFolder(string stage) => Path.Combine(FullPath, StageName.Check(stage));

    /// <summary>Folder for sealed files that a stage wants to find again after it was broken off. It belongs to the key, so another run's state is never met, and
    /// goes once the stage is done, or when the stage is begun by another key.</summary>
    public string StatePath(string stage, StageKey key) => Path.Combine(StatesOf(stage), key.Hash());

    /// <summary>Lets go of whatever broken-off stages left that no longer belong to the run.</summary>
    public void ForgetStates() => Runs.Stage.Clear(Path.Combine(FullPath, StateFolder));

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

    public void Dispose()
    {
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

    internal string ManifestPath(string stage) => Path.Combine(FullPath, ManifestFolder, StageName.Check(stage) + ".json");

    internal string StatesOf(string stage) => Path.Combine(FullPath, StateFolder, StageName.Check(stage));

    internal string TemporaryPath(string stage) => Path.Combine(FullPath, TemporaryFolder, StageName.Check(stage));

    // Killed between creating the folder and marking it: only these can lie there.
    private static bool IsForeign(string entry) =>
        Path.GetFileName(entry) is var name && name != RunLock.FileName
        && !(name.StartsWith(RunMarker.FileName, StringComparison.Ordinal) && name.EndsWith(AtomicFile.TemporaryEnding, StringComparison.Ordinal));

    private void Sweep() => WriteErrors.Guard(FullPath, () =>
    {
        var temporary = Path.Combine(FullPath, TemporaryFolder);
        if (Directory.Exists(temporary))
            Directory.Delete(temporary, recursive: true);
        foreach (var folder in new[] { FullPath, Path.Combine(FullPath, ManifestFolder) }.Where(Directory.Exists))
        {
            foreach (var file in Directory.EnumerateFiles(folder, "*" + AtomicFile.TemporaryEnding, SearchOption.TopDirectoryOnly))
                File.Delete(file);
        }
    });
}
