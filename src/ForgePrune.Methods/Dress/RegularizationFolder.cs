using System.Text.Json.Serialization;
using ForgePrune.IO;

namespace ForgePrune.Methods.Dress;

/// <summary>Where regularisation keeps what it has done. The caller gives a folder that belongs to one set of inputs and settings.</summary>
/// <param name="key">Names those.</param>
internal sealed class RegularizationFolder(string path, string key)
{
    private const string Kind = "FPPOINT1";

    public string StatePath => Path.Combine(path, "regularize.state");

    public SourceHash Source => SourceHash.Of("regularize", key);

    /// <summary>The points measured so far.</summary>
    public IReadOnlyList<RegularizationPoint> Points
    {
        get => ChecksummedJson.Find(PointsPath, Kind, Source, RegularizationJson.Default.IReadOnlyListRegularizationPoint) ?? [];
        set => ChecksummedJson.Write(PointsPath, Kind, Source, value, RegularizationJson.Default.IReadOnlyListRegularizationPoint);
    }

    private string PointsPath => Path.Combine(path, "points.state");
}

[JsonSourceGenerationOptions(RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(IReadOnlyList<RegularizationPoint>))]
internal sealed partial class RegularizationJson : JsonSerializerContext;
