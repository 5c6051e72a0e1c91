using System.Text.Json;
using System.Text.Json.Serialization;
using ForgePrune.Errors;
using ForgePrune.Runs;
using ForgePrune.Storage;

namespace ForgePrune.Regularization;

/// <summary>Where regularisation keeps what it has done. The caller gives a folder that belongs to one set of inputs and settings.</summary>
/// <param name="key">Names those.</param>
public sealed class RegularizationFolder(string path, string key)
{
    public string StatePath => Path.Combine(path, "regularize.state");

    public SourceHash Source => SourceHash.Of("regularize", key);

    /// <summary>The points measured so far.</summary>
    public IReadOnlyList<RegularizationPoint> Points
    {
        get
        {
            if (!File.Exists(PointsPath))
                return [];
            try
            {
                return JsonSerializer.Deserialize(File.ReadAllBytes(PointsPath), RegularizationJson.Default.IReadOnlyListRegularizationPoint)!;
            }
            catch (JsonException fault)
            {
                throw new BadInputException($"the state {PointsPath} cannot be read ({fault.Message}); delete {path}, and regularisation starts afresh", fault);
            }
        }
        set => AtomicFile.Write(PointsPath, stream => JsonSerializer.Serialize(stream, value, RegularizationJson.Default.IReadOnlyListRegularizationPoint));
    }

    private string PointsPath => Path.Combine(path, "points.json");
}

[JsonSourceGenerationOptions(RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(IReadOnlyList<RegularizationPoint>))]
internal sealed partial class RegularizationJson : JsonSerializerContext;
