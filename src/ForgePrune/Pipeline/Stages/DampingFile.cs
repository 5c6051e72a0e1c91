using System.Text.Json;
using ForgePrune.Levels;

namespace ForgePrune.Pipeline.Stages;

/// <summary>damping.json: what a stage had to damp more than usual. Absent where there was nothing, which is all but degenerate cases.</summary>
internal static class DampingFile
{
    private const string Name = "damping.json";

    public static void Write(string folder, IReadOnlyList<RaisedDamping> raised)
    {
        if (raised.Count > 0)
            File.WriteAllBytes(Path.Combine(folder, Name), JsonSerializer.SerializeToUtf8Bytes(raised, PipelineJson.Default.IReadOnlyListRaisedDamping));
    }

    public static IReadOnlyList<RaisedDamping> Read(string folder) => Path.Combine(folder, Name) is var path && File.Exists(path)
        ? JsonSerializer.Deserialize(File.ReadAllBytes(path), PipelineJson.Default.IReadOnlyListRaisedDamping)!
        : [];
}
