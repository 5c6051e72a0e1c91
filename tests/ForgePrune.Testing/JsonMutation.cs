using System.Text.Json.Nodes;

namespace ForgePrune.Testing;

/// <summary>Spoils JSON without losing its form: a value, a member or a whole branch becomes another, so that what reads it gets past the parser.</summary>
public static class JsonMutation
{
    private const string Hole = "\"@hole@\"", Twin = "@twin@";

    private static readonly string[] Words =
    [
        "null", "true", "false", "0", "1", "-1", "2", "1.5", "1e999", "-0", "300", "2147483647", "2147483648", "18446744073709551616", "\"\"", "\"a\"", "\" \"",
            "\"▁\"", "\"Ġ\"",
        "\"<s>\"", "\"</s>\"", "\"7\"", "\"always\"", "\"never\"", "\"ByteLevel\"", "\"Metaspace\"", "\"Sequence\"", "\"Split\"", "\"BPE\"", "\"Removed\"",
            "\"(\"", "\"[^a]+\"", "\"a b\"",
        "\"\\ud800\"", "\"\\u0000\"", "\"\\ud83d\\ude00\"", "[]", "{}", "[0]", "[null]", "[[]]", "[\"a\",\"b\"]", "{\"type\":\"NFC\"}", "{\"content\":\"<s>\"}",
        "{\"type\":\"Sequence\",\"normalizers\":[],\"pretokenizers\":[],\"processors\":[],\"decoders\":[]}", "{\"name\":\"default\",\"template\":\"x\"}",
            "[{\"name\":\"default\"}]",
    ];

    /// <summary>The text of <paramref name="json"/> with one to three changes; itself is left alone.</summary>
    public static string Of(JsonObject json, Random random)
    {
        var root = (JsonObject)json.DeepClone();
        var fillings = new List<string>();
        for (var left = random.Next(1, 4); left > 0; left--)
            Change(root, random, fillings);
        var text = root.ToJsonString().Replace(Twin, "", StringComparison.Ordinal);
        foreach (var filling in fillings)
        {
            if (text.IndexOf(Hole, StringComparison.Ordinal) is >= 0 and var at)
                text = string.Concat(text.AsSpan(0, at), filling, text.AsSpan(at + Hole.Length));
        }
        return text;
    }

    private static void Change(JsonObject root, Random random, List<string> fillings)
    {
        var places = Places(root).ToArray();
        if (places.Length == 0)
            return;
        // Long lists of equals would draw nearly all changes: first a depth, then a place there.
        var depths = places.GroupBy(place => place.Depth).ToArray();
        var depth = depths[random.Next(depths.Length)].ToArray();
        var (parent, key, _) = depth[random.Next(depth.Length)];
        switch (random.Next(6))
        {
            case 0:
                Remove(parent, key);
                break;
            case 1:
                Set(parent, key, places[random.Next(places.Length)] is var other ? Get(other.Parent, other.Key)?.DeepClone() : null);
                break;
            case 2 when parent is JsonObject members && key is string name && !members.ContainsKey(name + Twin):
                members[name + Twin] = "@hole@";
                fillings.Add(Words[random.Next(Words.Length)]);
                break;
            default:
                Set(parent, key, "@hole@");
                fillings.Add(Words[random.Next(Words.Length)]);
                break;
        }
    }

    private static IEnumerable<(JsonNode Parent, object Key, int Depth)> Places(JsonNode? node, int depth = 0) => node switch
    {
        JsonObject members => members.SelectMany(member => Places(member.Value, depth + 1).Prepend((members, member.Key, depth))),
        JsonArray items => items.SelectMany((item, i) => Places(item, depth + 1).Prepend((items, i, depth))),
        _ => [],
    };

    private static JsonNode? Get(JsonNode parent, object key) => key is string name ? parent[name] : parent[(int)key];

    private static void Set(JsonNode parent, object key, JsonNode? value)
    {
        if (key is string name)
            parent[name] = value;
        else
            parent[(int)key] = value;
    }

    private static void Remove(JsonNode parent, object key)
    {
        if (key is string name)
            parent.AsObject().Remove(name);
        else
            parent.AsArray().RemoveAt((int)key);
    }
}
