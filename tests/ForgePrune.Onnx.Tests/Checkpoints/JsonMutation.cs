using System.Text.Json.Nodes;

namespace ForgePrune.Onnx.Tests.Checkpoints;

/// <summary>Changes JSON as JSON: other types and values, deeper or flatter nesting, keys missing, doubled, renamed, exchanged.</summary>
internal sealed class JsonMutation(Random random, IReadOnlyList<string> keys)
{
    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "1", "-1", "2", "3", "4", "8", "16", "64", "0.5", "1.0", "1e-5", "1e999", "-0.0", "2147483648", "9223372036854775807",
            "1e15", "1000000000",
        "\"\"", "\"silu\"", "\"swish\"", "\"gelu\"", "\"llama\"", "\"mistral\"", "\"qwen2\"", "\"qwen3\"", "\"smollm3\"",
            "\"granite\"", "\"phi3\"", "\"forgeprune\"", "\"llama3\"", "\"default\"",
            "\"linear\"", "\"dynamic\"", "\"yarn\"", "\"longrope\"", "\"mrope\"",
        "\"full_attention\"", "\"sliding_attention\"", "\"F32\"", "\"F16\"", "\"BF16\"", "\"F8_E4M3\"", "\"I64\"", "[]", "{}", "[1]", "[1,1]",
            "[\"full_attention\"]",
        "[\"sliding_attention\",\"full_attention\"]", "[\"LlamaForCausalLM\"]", "[\"Qwen2Model\"]", "{\"rope_type\":\"llama3\"}", "{\"rope_theta\":500.0}",
            "{\"rope_type\":\"default\",\"rope_theta\":500}",
        "{\"full_attention\":{\"rope_theta\":500.0}}", "{\"full_attention\":{\"rope_theta\":500.0},\"sliding_attention\":{\"rope_theta\":10000.0}}",
            "{\"full_attention\":{\"partial_rotary_factor\":0.5}}",
        "{\"rope_type\":\"llama3\",\"factor\":8,\"low_freq_factor\":1,\"high_freq_factor\":4,\"original_max_position_embeddings\":16}",
        "{\"type\":\"linear\",\"factor\":4}", "{\"type\":\"dynamic\",\"factor\":4}", "{\"rope_type\":\"yarn\",\"factor\":4,\"rope_theta\":500.0}",
        "{\"rope_type\":\"yarn\",\"factor\":4,\"original_max_position_embeddings\":16}", "[0]", "[0,1,1]",
        "{\"type\":\"llama3\",\"factor\":4,\"low_freq_factor\":1,\"high_freq_factor\":2,\"original_max_position_embeddings\":64,\"rope_theta\":900.0}",
    ];

    /// <summary>The text after one to three changes.</summary>
    public string Apply(string text)
    {
        var root = JsonNode.Parse(text)!.AsObject();
        string? doubled = null;
        for (var rounds = Math.Max(1, random.Next(5) - 1); rounds > 0; rounds--)
        {
            var (places, at) = (Places(root), 0);
            if (places.Count == 0)
                break;
            at = random.Next(places.Count);
            if (random.Next(40) == 0)
                doubled = places[at].Key;
            else
                Change(places[at].Parent, places[at].Key, places[at].Index, places);
        }

        var changed = root.ToJsonString();
        return doubled is null ? changed : changed.Insert(1, $"\"{doubled}\":{Value()?.ToJsonString() ?? "null"},");
    }

    private void Change(JsonNode parent, string? key, int index, List<(JsonNode Parent, string? Key, int Index)> places)
    {
        switch (random.Next(8))
        {
            case 0:
                Remove(parent, key, index);
                break;
            case 1 when key is not null:
                var value = parent[key]?.DeepClone();
                Remove(parent, key, index);
                parent[keys[random.Next(keys.Count)]] = value;
                break;
            case 2:
                Set(parent, key, index, random.Next(2) == 0 ? new JsonArray(Get(parent, key, index)?.DeepClone())
                    : new JsonObject { [keys[random.Next(keys.Count)]] = Get(parent, key, index)?.DeepClone() });
                break;
            case 3:
                // What stands in two places is exchanged: shapes, offsets, sizes.
                var other = places[random.Next(places.Count)];
                var (mine, its) = (Get(parent, key, index)?.DeepClone(), Get(other.Parent, other.Key, other.Index)?.DeepClone());
                if (mine is JsonObject or JsonArray != its is JsonObject or JsonArray)
                    break;
                Set(parent, key, index, its);
                if (other.Parent.Root == parent.Root)
                    Set(other.Parent, other.Key, other.Index, mine);
                break;
            case 4 when Get(parent, key, index) is JsonArray list:
                var reversed = new JsonArray([.. list.Reverse().Select(item => item?.DeepClone())]);
                Set(parent, key, index, reversed);
                break;
            case 5:
                parent.Root[keys[random.Next(keys.Count)]] = Value();
                break;
            case 6 when Get(parent, key, index) is JsonValue number && number.TryGetValue(out double old) && double.IsFinite(2 * old):
                Set(parent, key, index, random.Next(3) switch { 0 => old * 2, 1 => old + 1, _ => old / 2 });
                break;
            default:
                Set(parent, key, index, Value());
                break;
        }
    }

    private JsonNode? Value() => JsonNode.Parse(Values[random.Next(Values.Length)]);

    private static JsonNode? Get(JsonNode parent, string? key, int index) => key is null ? parent[index] : parent[key];

    private static void Set(JsonNode parent, string? key, int index, JsonNode? value)
    {
        if (key is null)
            parent[index] = value;
        else
            parent[key] = value;
    }

    private static void Remove(JsonNode parent, string? key, int index)
    {
        if (key is null)
            parent.AsArray().RemoveAt(index);
        else
            parent.AsObject().Remove(key);
    }

    /// <summary>Every value with the object or list that holds it.</summary>
    private static List<(JsonNode Parent, string? Key, int Index)> Places(JsonNode node)
    {
        var places = new List<(JsonNode Parent, string? Key, int Index)>();
        var children = node switch
        {
            JsonObject keyed => keyed.Select(pair => ((string?)pair.Key, 0, pair.Value)),
            JsonArray list => list.Select((item, i) => ((string?)null, i, item)),
            _ => [],
        };
        foreach (var (key, index, value) in children)
        {
            places.Add((node, key, index));
            if (value is not null)
                places.AddRange(Places(value));
        }

        return places;
    }
}
