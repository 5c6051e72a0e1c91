using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ForgePrune.Testing;

/// <summary>Writes a tokenizer's files otherwise, meaning the same: members in another order, unknown ones between them, other spellings.</summary>
public static class JsonRewriting
{
    /// <summary>A tokenizer.json.</summary>
    public static string Tokenizer(JsonObject json, Random random)
    {
        var root = (JsonObject)Shuffled(json, random)!;
        var model = root["model"]!.AsObject();
        if (random.Next(2) == 0)
            model["merges"] = new JsonArray([.. model["merges"]!.AsArray().Select(merge => Pair(merge!))]);
        if (root["added_tokens"] is JsonArray added)
            root["added_tokens"] = new JsonArray([.. added.Select(token => token!.DeepClone()).OrderBy(_ => random.Next())]);
        foreach (var name in (string[])["normalizer", "pre_tokenizer", "post_processor", "decoder"])
        {
            if (root[name] is null)
                Absent(root, name, random);
        }
        foreach (var name in (string[])["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"])
        {
            if (model[name] is null)
                Absent(model, name, random);
        }
        if (random.Next(2) == 0)
            (root["truncation"], root["padding"], root["unknown_to_all"]) = (null, null, new JsonObject { ["type"] = "Lowercase" });
        return Text(root, random);
    }

    /// <summary>A tokenizer_config.json.</summary>
    public static string Config(JsonObject json, Random random)
    {
        var root = (JsonObject)Shuffled(json, random)!;
        if (root["bos_token"] is JsonValue bos && random.Next(2) == 0)
            root["bos_token"] = ByteTokenizer.Added(0, bos.GetValue<string>());
        if (root["add_bos_token"] is null)
            Absent(root, "add_bos_token", random);
        if (random.Next(2) == 0)
            (root["model_max_length"], root["extra_special_tokens"], root["unknown_to_all"]) = (1e30, new JsonObject(), new JsonArray("add_bos_token"));
        return Text(root, random);
    }

    private static JsonArray Pair(JsonNode merge) => new([.. merge.GetValue<string>().Split(' ').Select(token => JsonValue.Create(token))]);

    private static void Absent(JsonObject parent, string name, Random random)
    {
        parent.Remove(name);
        if (random.Next(2) == 0)
            parent[name] = null;
    }

    private static JsonNode? Shuffled(JsonNode? node, Random random) => node switch
    {
        JsonObject members =>
            new JsonObject(members.OrderBy(_ => random.Next()).Select(member => KeyValuePair.Create(member.Key, Shuffled(member.Value, random))).ToArray()),
        JsonArray items => new JsonArray([.. items.Select(item => Shuffled(item, random))]),
        _ => node?.DeepClone(),
    };

    private static string Text(JsonObject root, Random random) => root.ToJsonString(new JsonSerializerOptions
    {
        WriteIndented = random.Next(2) == 0,
        Encoder = random.Next(2) == 0 ? JavaScriptEncoder.Default : JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
