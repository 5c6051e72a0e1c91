using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ForgePrune.IO;

namespace ForgePrune.Search;

/// <summary>Where a search keeps what it has measured, so that it can stop and go on, in sealed files. The caller
/// gives a folder that belongs to one set of inputs and settings.</summary>
public sealed class SearchFolder(string path)
{
    private const string Kind = "FPSEARCH";

    private static readonly SourceHash Source = SourceHash.Of("search");

    public MeasuredPrices? Prices
    {
        get => Load("prices", SearchJson.Default.MeasuredPrices);
        set => Save("prices", value!, SearchJson.Default.MeasuredPrices);
    }

    public RefinementState? Refinement
    {
        get => Load("refinement", SearchJson.Default.RefinementState);
        set => Save("refinement", value!, SearchJson.Default.RefinementState);
    }

    public EvolutionState? Evolution
    {
        get => Load("evolution", SearchJson.Default.EvolutionState);
        set => Save("evolution", value!, SearchJson.Default.EvolutionState);
    }

    /// <summary>What was measured on the way to <see cref="Prices"/>.</summary>
    internal MeasuredParts? PriceParts
    {
        get => Load("price-parts", SearchJson.Default.MeasuredParts);
        set => Save("price-parts", value!, SearchJson.Default.MeasuredParts);
    }

    /// <summary>What a method keeps beside these under a name of its own; null where it has kept nothing.</summary>
    internal T? Load<T>(string name, JsonTypeInfo<T> type)
        where T : class => ChecksummedJson.Find(PathOf(name), Kind, Source, type);

    internal void Save<T>(string name, T value, JsonTypeInfo<T> type)
        where T : class => ChecksummedJson.Write(PathOf(name), Kind, Source, value, type);

    private string PathOf(string name) => Path.Combine(path, name + ".state");
}

[JsonSourceGenerationOptions(RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(MeasuredPrices))]
[JsonSerializable(typeof(MeasuredParts))]
[JsonSerializable(typeof(RefinementState))]
[JsonSerializable(typeof(EvolutionState))]
internal sealed partial class SearchJson : JsonSerializerContext;
