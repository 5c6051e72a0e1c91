using System.Text.Json;

namespace ForgePrune.Tokens.Bpe;

/// <summary>A value inside a JSON file that knows where it stands, so that every complaint can name the place.</summary>
internal readonly record struct JsonPart(string File, string Path, JsonElement Element)
{
    public bool IsNull => Element.ValueKind == JsonValueKind.Null;

    public bool IsString => Element.ValueKind == JsonValueKind.String;

    public bool IsArray => Element.ValueKind == JsonValueKind.Array;

    /// <summary>The member, or null where it is absent or JSON null.</summary>
    public JsonPart? Find(string name)
    {
        Require(JsonValueKind.Object, "an object");
        return Element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null
            ? new JsonPart(File, $"{Path}.{name}", value)
            : null;
    }

    public JsonPart Get(string name) => Find(name) ?? throw TokenizerErrors.Missing(this, name);

    public string Type() => Get("type").Text();

    public string Text()
    {
        Require(JsonValueKind.String, "a string");
        try
        {
            return Element.GetString()!;
        }
        catch (InvalidOperationException) // an escaped lone surrogate, or bytes that are not UTF-8
        {
            throw TokenizerErrors.Wrong(this, "a string of whole Unicode characters");
        }
    }

    public int Id()
    {
        if (Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out var id) && id is >= 0 and < int.MaxValue)
            return id;
        throw TokenizerErrors.Wrong(this, "a token id from 0 to 2147483646");
    }

    public int Count()
    {
        if (Element.ValueKind == JsonValueKind.Number && Element.TryGetInt32(out var count) && count >= 0)
            return count;
        throw TokenizerErrors.Wrong(this, "a whole number from 0 on");
    }

    public bool Flag(string name, bool otherwise) => Find(name) is { } part ? part.Flag() : otherwise;

    public bool Flag() => Element.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw TokenizerErrors.Wrong(this, "true or false"),
    };

    public List<JsonPart> Items()
    {
        Require(JsonValueKind.Array, "an array");
        var items = new List<JsonPart>(Element.GetArrayLength());
        foreach (var item in Element.EnumerateArray())
            items.Add(new JsonPart(File, $"{Path}[{items.Count}]", item));
        return items;
    }

    public IEnumerable<(string Name, JsonPart Value)> Members()
    {
        Require(JsonValueKind.Object, "an object");
        var (file, path) = (File, Path);
        return Element.EnumerateObject().Select(p => (Name(p, path, file), new JsonPart(file, $"{path}[…]", p.Value)));
    }

    private static string Name(JsonProperty property, string path, string file)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            throw TokenizerErrors.BadName(file, path);
        }
    }

    private void Require(JsonValueKind kind, string wanted)
    {
        if (Element.ValueKind != kind)
            throw TokenizerErrors.Wrong(this, wanted);
    }
}
