using System.Diagnostics;
using ForgePrune.Errors;
using ForgePrune.IO;

namespace ForgePrune.Pipeline.Runs;

/// <summary>One step of a run that either is there completely, proven by its manifest, or is done again: from its start, or item by item.</summary>
internal static class Stage
{
    /// <summary>The stage when its manifest carries this key and every file still has its size and SHA-256, here or in a run that lends; null
    /// otherwise.</summary>
    public static StageResult? Find(RunFolder run, string stage, StageKey key)
    {
        var there = run.PlacesOf(stage).Select(place => In(place, run, stage, key)).FirstOrDefault(found => found is not null);
        run.Hashes.Save();
        return there;
    }

    private static StageResult? In(string place, RunFolder run, string stage, StageKey key)
    {
        var folder = Path.Combine(place, StageName.Check(stage));
        try
        {
            return StageManifestFile.Read(RunFolder.ManifestPath(place, stage)) is { } found && found.Hash == key.Hash()
                && StageFiles.Match(folder, found.Files, run.Hashes) ? new StageResult(folder, found, Reused: true) : null;
        }
        catch (UnauthorizedAccessException)
        {
            // What may not be read proves nothing.
            return null;
        }
    }

    /// <summary>Reuses the stage that <see cref="Find"/> finds; otherwise lets <paramref name="produce"/> fill an empty folder, flushes it,
    /// moves it to its place and writes the manifest last. What it left in <see cref="RunFolder.StatePath"/> when it was broken off is still there, as
    /// far as it passes its checksum.</summary>
    /// <param name="resumed">Told how many such files were found, where there are any.</param>
    public static StageResult Run(RunFolder run, string stage, StageKey key, Action<string> produce, Action<int>? resumed = null)
    {
        var temporary = run.TemporaryPath(stage);
        return Done(run, stage, key) ?? Finish(run, stage, key, temporary, Discard, () =>
        {
            Clear(temporary);
            Directory.CreateDirectory(temporary);
        }, produce, resumed);
    }

    /// <summary>As <see cref="Run"/>, for work that leaves one sealed file after the other: those that a broken-off process with the same key finished
    /// are still in the folder. One that fails its checksum is not, nor is anything else.</summary>
    /// <param name="produce">Fills in what is missing.</param>
    /// <param name="resumed">Told how many files were found, where there are any.</param>
    public static StageResult RunItems(RunFolder run, string stage, StageKey key, Action<string> produce, Action<int>? resumed = null)
    {
        var items = run.StatePath(stage, key);
        return Done(run, stage, key) ?? Finish(run, stage, key, items, DiscardEmpty, () => Directory.CreateDirectory(items), produce, resumed);
    }

    private static StageResult? Done(RunFolder run, string stage, StageKey key)
    {
        var there = Find(run, stage, key);
        if (there is null && run.IsReader)
            there = SharedFile.Await(run.FullPath, () => Find(run, stage, key)) ?? throw new BadInputException(
                $"stage '{stage}' of {run.FullPath} is not finished with these settings on this kind of machine; collect the run up to it first");
        if (there is not { } found)
            return null;
        // Killed between the manifest and this.
        if (!run.IsReader)
            Clear(run.StatesOf(stage));
        return found;
    }

    private static StageResult Finish(
        RunFolder run, string stage, StageKey key, string temporary, Action<string> discard, Action prepare, Action<string> produce, Action<int>? resumed)
    {
        var folder = run.StageFolder(stage);
        var found = WriteErrors.Guard(temporary, () =>
        {
            // The claims go first: from here on neither the old result nor a summary that counts on it stands.
            ClearFile(run.ManifestPath(stage));
            File.Delete(run.SummaryPath);
            File.Delete(run.ReportPath);
            Clear(folder);
            ClearOthers(run.StatesOf(stage), run.StatePath(stage, key));
            prepare();
            return ChecksummedFolder.KeepIntact(run.StatePath(stage, key));
        });
        if (found > 0)
            resumed?.Invoke(found);
        var watch = Stopwatch.StartNew();
        try
        {
            produce(temporary);
        }
        catch (IOException fault) when (WriteErrors.IsDiskFault(fault))
        {
            discard(temporary);
            throw WriteErrors.Translate(fault, folder);
        }
        catch
        {
            discard(temporary);
            throw;
        }

        var hashed = DateTime.UtcNow;
        var manifest = new StageManifest
        {
            Format = StageManifest.CurrentFormat,
            Stage = stage,
            Hash = key.Hash(),
            Key = key,
            Files = WriteErrors.Guard(temporary, () => StageFiles.FlushAndHash(temporary)),
            Seconds = watch.Elapsed.TotalSeconds,
        };
        WriteErrors.Guard(folder, () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
            Directory.Move(temporary, folder);
        });
        AtomicFile.WriteJson(run.ManifestPath(stage), manifest, RunJson.Default.StageManifest);
        Clear(run.StatesOf(stage));
        foreach (var file in manifest.Files)
            run.Hashes.Learn(Path.Combine(folder, file.Name), file.Sha256, hashed);
        run.Hashes.Save();
        return new StageResult(folder, manifest, Reused: false);
    }

    // File.Delete takes a missing file, but not a missing folder.
    private static void ClearFile(string path)
    {
        if (File.Exists(path))
            File.Delete(path);
    }

    /// <summary>A fault leaves no half of a stage. What cannot be deleted now is swept by the next run; the fault itself is the one to report.</summary>
    private static void Discard(string temporary) => Quietly(() => Clear(temporary));

    /// <summary>Finished items stay for the next process, whatever it was that stopped this one.</summary>
    private static void DiscardEmpty(string items) => Quietly(() =>
    {
        if (Directory.Exists(items) && !Directory.EnumerateFiles(items, "*", SearchOption.AllDirectories).Any())
            Directory.Delete(Path.GetDirectoryName(items)!, recursive: true);
    });

    private static void Quietly(Action clear)
    {
        try
        {
            clear();
        }
        catch (Exception fault) when (WriteErrors.IsWriteFault(fault))
        {
        }
    }

    private static void ClearOthers(string states, string state)
    {
        if (!Directory.Exists(states))
            return;
        foreach (var other in Directory.EnumerateDirectories(states).Where(folder => folder != state).ToArray())
            Directory.Delete(other, recursive: true);
    }

    internal static void Clear(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
