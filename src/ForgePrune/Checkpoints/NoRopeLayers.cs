using System.Text.Json.Nodes;
using ForgePrune.Model;

namespace ForgePrune.Checkpoints;

/// <summary>Reads and writes which layers have no rotary embedding: <c>no_rope_layers</c>, in which 1 stands for a layer that has it, or every layer whose
/// number, from 1, <c>no_rope_layer_interval</c> divides (SmolLM3).</summary>
internal static class NoRopeLayers
{
    private const string List = "no_rope_layers", Interval = "no_rope_layer_interval";

    public static IReadOnlyList<string> Keys { get; } = [List, Interval];

    /// <summary>Whether each layer has none.</summary>
    public static bool[] Read(ConfigFields fields, ModelFamily family, int layers)
    {
        if (family.UnrotatedEvery is not { } usual)
            return new bool[layers];
        if (fields.Raw(List) is null)
        {
            int interval = fields.Int(Interval, 1, int.MaxValue, usual);
            return [.. Enumerable.Range(1, layers).Select(number => number % interval == 0)];
        }

        if (fields.Raw(List) is { ValueKind: not System.Text.Json.JsonValueKind.Array } single)
            throw fields.Bad($"{List} is {JsonFile.Kind(single)}", "give a list of a 0 or 1 for every layer");
        IReadOnlyList<int> rotates = fields.Ints(List, 1)!;
        return rotates.Count >= layers
            ? [.. rotates.Take(layers).Select(has => has == 0)]
            : throw fields.Bad($"{List} names {rotates.Count} layers where num_hidden_layers is {layers}", "give a 0 or 1 for every layer");
    }

    public static void Write(JsonObject keys, ModelConfig config, ModelFamily family)
    {
        if (family.UnrotatedEvery is { } usual)
        {
            keys[Interval] = usual;
            keys[List] = new JsonArray([.. config.Layers.Select((_, layer) => JsonValue.Create(config.KindOf(layer).Unrotated ? 0 : 1))]);
        }
    }
}
