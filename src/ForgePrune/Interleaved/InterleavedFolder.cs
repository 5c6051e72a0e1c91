using System.Text.Json;
using System.Text.Json.Serialization;
using ForgePrune.Errors;
using ForgePrune.Recovery;
using ForgePrune.Runs;
using ForgePrune.Storage;

namespace ForgePrune.Interleaved;

/// <summary>Where interleaved pruning keeps what it has done. The caller gives a folder that belongs to one set of inputs and settings.</summary>
/// <param name="key">Names those.</param>
public sealed class InterleavedFolder(string path, string key)
{
    /// <summary>The stage as it was left; null where its cut is not made.</summary>
    public InterleavedStage? Find(int stage)
    {
        var file = RecordPath(stage);
        if (!File.Exists(file))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), InterleavedJson.Default.InterleavedStage);
        }
        catch (JsonException fault)
        {
            throw new BadInputException($"the state {file} cannot be read ({fault.Message}); delete {path}, and pruning starts afresh", fault);
        }
    }

    /// <summary>To be called once the state that belongs to it is saved.</summary>
    public void Save(InterleavedStage stage) =>
        AtomicFile.Write(RecordPath(stage.Stage), stream => JsonSerializer.Serialize(stream, stage, InterleavedJson.Default.InterleavedStage));

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

    private string RecordPath(int stage) => Path.Combine(path, $"stage-{stage}.json");
}

[JsonSourceGenerationOptions(RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(InterleavedStage))]
internal sealed partial class InterleavedJson : JsonSerializerContext;
