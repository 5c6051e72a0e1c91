using System.Diagnostics;

namespace ForgePrune.Runs;

/// <summary>One step of a run that either is there completely, proven by its manifest, or is done again from its start.</summary>
internal static class Stage
{
    /// <summary>The stage when its manifest carries this key and every file still has its size and SHA-256; null otherwise.</summary>
    public static StageResult? Find(RunFolder run, string stage, StageKey key)
    {
        var folder = run.StageFolder(stage);
        return StageManifestFile.Read(run.ManifestPath(stage)) is { } found && found.Hash == key.Hash() && StageFiles.Match(folder, found.Files)
            ? new StageResult(folder, found, Reused: true)
            : null;
    }

    /// <summary>Reuses the stage that <see cref="Find"/> finds; otherwise lets <paramref name="produce"/> fill an empty folder, flushes it,
    /// moves it to its place and writes the manifest last.</summary>
    public static StageResult Run(RunFolder run, string stage, StageKey key, Action<string> produce)
    {
        if (Find(run, stage, key) is { } found)
            return found;
        var folder = run.StageFolder(stage);
        var temporary = run.TemporaryPath(stage);
        WriteErrors.Guard(temporary, () =>
        {
            // The claims go first: from here on neither the old result nor a summary that counts on it stands.
            ClearFile(run.ManifestPath(stage));
            File.Delete(run.SummaryPath);
            File.Delete(run.ReportPath);
            Clear(folder);
            Clear(temporary);
            Directory.CreateDirectory(temporary);
        });
        var watch = Stopwatch.StartNew();
        try
        {
            produce(temporary);
        }
        catch (IOException fault) when (WriteErrors.IsDiskFault(fault))
        {
            Discard(temporary);
            throw WriteErrors.Translate(fault, folder);
        }
        catch
        {
            Discard(temporary);
            throw;
        }

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
        return new StageResult(folder, manifest, Reused: false);
    }

    // File.Delete takes a missing file, but not a missing folder.
    private static void ClearFile(string path)
    {
        if (File.Exists(path))
            File.Delete(path);
    }

    /// <summary>A fault leaves no half of a stage. What cannot be deleted now is swept by the next run; the fault itself is the one to report.</summary>
    private static void Discard(string temporary)
    {
        try
        {
            Clear(temporary);
        }
        catch (Exception fault) when (WriteErrors.IsWriteFault(fault))
        {
        }
    }

    private static void Clear(string folder)
    {
        if (Directory.Exists(folder))
            Directory.Delete(folder, recursive: true);
    }
}
