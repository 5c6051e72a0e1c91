using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ForgePrune.IO;

namespace ForgePrune.Search;

/// <summary>The folder of a search's state in checksummed files, from which an interrupted search resumes. The caller chooses a folder that belongs to
/// one set of inputs and settings.</summary>
/// <param name="path">The path of the folder.</param>
public sealed class SearchFolder(string path)
{
    private const string Kind = "FPSEARCH";

    private static readonly SourceHash Source = SourceHash.Of("search");

    private PartStore? parts;

    internal MeasuredPrices? Prices
    {
        get => Load("prices", SearchJson.Default.MeasuredPrices);
        set => Save("prices", value!, SearchJson.Default.MeasuredPrices);
    }

    internal RefinementState? Refinement
    {
        get => Load("refinement", SearchJson.Default.RefinementState);
        set => Save("refinement", value!, SearchJson.Default.RefinementState);
    }

    internal EvolutionState? Evolution
    {
        get => Load("evolution", SearchJson.Default.EvolutionState);
        set => Save("evolution", value!, SearchJson.Default.EvolutionState);
    }

    /// <summary>The finished parts of an unfinished measurement of <see cref="Prices"/>, in this folder where no other is given.</summary>
    internal PartStore PriceParts
    {
        get => parts ??= new(Path.Combine(path, "prices"), Source);
        init => parts = value;
    }

    /// <summary>The plans that prices lead to, as far as they are measured.</summary>
    internal PlanStore PlanParts { get; init; } = PlanStore.None;

    /// <summary>The time spent so far, where it counts.</summary>
    internal SpentTime? Spent
    {
        get => Load("spent", SearchJson.Default.SpentTime);
        set => Save("spent", value!, SearchJson.Default.SpentTime);
    }

    /// <summary>A state that a method keeps under a name of its own; null where there is none.</summary>
    internal T? Load<T>(string name, JsonTypeInfo<T> type)
        where T : class => ChecksummedJson.Find(PathOf(name), Kind, Source, type);

    internal void Save<T>(string name, T value, JsonTypeInfo<T> type)
        where T : class => ChecksummedJson.Write(PathOf(name), Kind, Source, value, type);

    private string PathOf(string name) => Path.Combine(path, name + ".state");
}

[JsonSourceGenerationOptions(RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(MeasuredPrices))]
[JsonSerializable(typeof(RefinementState))]
[JsonSerializable(typeof(EvolutionState))]
[JsonSerializable(typeof(SpentTime))]
internal sealed partial class SearchJson : JsonSerializerContext;
