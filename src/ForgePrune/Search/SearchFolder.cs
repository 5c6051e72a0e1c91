using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ForgePrune.Errors;
using ForgePrune.Runs;
using ForgePrune.Search.Proposals;

namespace ForgePrune.Search;

/// <summary>Where a search keeps what it has measured, so that it can stop and go on. Files appear by write-then-rename. The caller
/// gives a folder that belongs to one set of inputs and settings.</summary>
public sealed class SearchFolder(string path)
{
    public MeasuredPrices? Prices
    {
        get => Load("prices.json", SearchJson.Default.MeasuredPrices);
        set => Save("prices.json", value!, SearchJson.Default.MeasuredPrices);
    }

    public RefinementState? Refinement
    {
        get => Load("refinement.json", SearchJson.Default.RefinementState);
        set => Save("refinement.json", value!, SearchJson.Default.RefinementState);
    }

    public EvolutionState? Evolution
    {
        get => Load("evolution.json", SearchJson.Default.EvolutionState);
        set => Save("evolution.json", value!, SearchJson.Default.EvolutionState);
    }

    public ProposalState? Proposals
    {
        get => Load("proposals.json", SearchJson.Default.ProposalState);
        set => Save("proposals.json", value!, SearchJson.Default.ProposalState);
    }

    private T? Load<T>(string name, JsonTypeInfo<T> type)
        where T : class
    {
        var file = Path.Combine(path, name);
        if (!File.Exists(file))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), type);
        }
        catch (JsonException fault)
        {
            throw new BadInputException($"The search state {file} cannot be read ({fault.Message}): delete it, and the search starts that stage afresh.", fault);
        }
    }

    private void Save<T>(string name, T value, JsonTypeInfo<T> type) =>
        AtomicFile.Write(Path.Combine(path, name), stream => JsonSerializer.Serialize(stream, value, type));
}

[JsonSourceGenerationOptions(RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(MeasuredPrices))]
[JsonSerializable(typeof(RefinementState))]
[JsonSerializable(typeof(EvolutionState))]
[JsonSerializable(typeof(ProposalState))]
internal sealed partial class SearchJson : JsonSerializerContext;
