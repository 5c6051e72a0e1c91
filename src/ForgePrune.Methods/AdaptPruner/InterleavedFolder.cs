using System.Text.Json.Serialization;
using ForgePrune.IO;
using ForgePrune.Training;

namespace ForgePrune.Methods.AdaptPruner;

/// <summary>Where interleaved pruning keeps what it has done. The caller gives a folder that belongs to one set of inputs and settings.</summary>
/// <param name="key">Names those.</param>
internal sealed class InterleavedFolder(string path, string key)
{
    private const string Kind = "FPCUTS01";

    /// <summary>The stage as it was left; null where its cut is not made.</summary>
    public InterleavedStage? Find(int stage) => ChecksummedJson.Find(RecordPath(stage), Kind, Source(stage), InterleavedJson.Default.InterleavedStage);

    /// <summary>To be called once the state that belongs to it is saved.</summary>
    public void Save(InterleavedStage stage) =>
        ChecksummedJson.Write(RecordPath(stage.Stage), Kind, Source(stage.Stage), stage, InterleavedJson.Default.InterleavedStage);

    /// <summary>Weights and moments of a stage, from its cut to the end of its training.</summary>
    public string StatePath(int stage) => Path.Combine(path, $"stage-{stage}.state");

    /// <summary>What the state of a stage belongs to.</summary>
    public SourceHash Source(int stage) => SourceHash.Of("interleaved", key, $"{stage}");

    public void Save(int stage, OptimizerState state) => state.Save(StatePath(stage), Source(stage));

    /// <summary>Of no use any more.</summary>
    public void Forget(int stage)
    {
        if (File.Exists(StatePath(stage)))
            File.Delete(StatePath(stage));
    }

    private string RecordPath(int stage) => Path.Combine(path, $"stage-{stage}.cut");
}

[JsonSourceGenerationOptions(RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(InterleavedStage))]
internal sealed partial class InterleavedJson : JsonSerializerContext;
