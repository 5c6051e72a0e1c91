using System.Text.Json.Serialization.Metadata;
using ForgePrune.IO;
using ForgePrune.Pipeline.Runs;

namespace ForgePrune.Pipeline.Stages;

/// <summary>What a contest has found so far, a sealed file each: a process that goes on refits nothing twice.</summary>
/// <param name="folder">The stage's.</param>
/// <param name="source">What the contest depends on.</param>
internal sealed class ContestItems(string folder, SourceHash source)
{
    private const string Kind = "FPFOUND1", Ending = ".found";

    /// <summary>The name of a finding's file.</summary>
    public static string NameOf(string finding) => finding + Ending;

    /// <summary>A finding, unless it is there already.</summary>
    /// <param name="make">Given a folder for the refit that leads to it, of which blocks may be there; it goes afterwards.</param>
    public T Get<T>(string name, JsonTypeInfo<T> type, Func<string, T> make)
        where T : class
    {
        var (path, refit) = (Path.Combine(folder, NameOf(name)), Path.Combine(folder, $"{name}-refit"));
        if (!File.Exists(path))
            ChecksummedJson.Write(path, Kind, source, make(refit), type);
        Stage.Clear(refit);
        return ChecksummedJson.Find(path, Kind, source, type)!;
    }

    /// <summary>Once everything stands in one file.</summary>
    public void Forget()
    {
        foreach (var path in Directory.GetFiles(folder, "*" + Ending))
            File.Delete(path);
        foreach (var refit in Directory.GetDirectories(folder, "*-refit"))
            Stage.Clear(refit);
    }
}
