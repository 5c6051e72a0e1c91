using ForgePrune.Levels;
using ForgePrune.Pipeline.Runs;

namespace ForgePrune.Pipeline.Stages;

/// <summary>damping.json: what a stage had to damp more than usual. Absent where there was nothing, which is all but degenerate cases.</summary>
internal static class DampingFile
{
    private static readonly JsonFile<IReadOnlyList<RaisedDamping>> Json = new("damping.json", PipelineJson.Default.IReadOnlyListRaisedDamping);

    public static void Write(string folder, IReadOnlyList<RaisedDamping> raised)
    {
        if (raised.Count > 0)
            Json.Write(folder, raised);
    }

    public static IReadOnlyList<RaisedDamping> Read(string folder) => Json.Find(folder) ?? [];
}
