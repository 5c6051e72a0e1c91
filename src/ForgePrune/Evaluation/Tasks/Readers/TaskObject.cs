using System.Text.Json;
using ForgePrune.Errors;

namespace ForgePrune.Evaluation.Tasks.Readers;

/// <summary>One question as its file holds it. Reading a field that is missing or of another kind is a fault with the line's number.</summary>
internal sealed record TaskObject(string Path, long Line, JsonElement Json)
{
    public bool Has(string name) => Find(name) is not null;

    public string Text(string name) => Field(name) is { ValueKind: JsonValueKind.String } value ? Read(value, name) : throw Wrong(name, "a text");

    /// <summary>Empty where the field is missing or null.</summary>
    public string TextOrEmpty(string name) =>
        Find(name) is null or { ValueKind: JsonValueKind.Null } ? "" : Text(name);

    /// <summary>At least <paramref name="least"/> texts, none of them empty.</summary>
    public string[] Texts(string name, int least = 2)
    {
        if (Field(name) is not { ValueKind: JsonValueKind.Array } list || list.EnumerateArray().Any(item => item.ValueKind != JsonValueKind.String))
            throw Wrong(name, "a list of texts");
        string[] texts = [.. list.EnumerateArray().Select(item => Read(item, name))];
        if (texts.Length < least || texts.Any(text => text.Length == 0))
            throw Wrong(name, $"a list of at least {least} texts, none of them empty");
        return texts;
    }

    /// <summary>A whole number from 0, below <paramref name="count"/>; a number written as text is read as well, and a list of one.</summary>
    public int Index(string name, int count)
    {
        var value = Field(name);
        if (value is { ValueKind: JsonValueKind.Array } && value.GetArrayLength() == 1)
            value = value[0];
        var number = value.ValueKind switch
        {
            JsonValueKind.Number when value.TryGetInt32(out var whole) => whole,
            JsonValueKind.String when int.TryParse(Read(value, name), out var whole) => whole,
            _ => throw Wrong(name, "a whole number"),
        };
        return number >= 0 && number < count ? number : throw Wrong(name, $"from 0 to {count - 1}");
    }

    /// <summary>All fields in their order.</summary>
    public IEnumerable<(string Name, JsonElement Value)> Fields()
    {
        foreach (var field in Json.EnumerateObject())
            yield return (WithWholeNames(() => field.Name), field.Value);
    }

    public JsonElement Field(string name) => Find(name) ?? throw Fault($"has no \"{name}\"; add it");

    public BadInputException Wrong(string name, string allowed) => Fault($"has a \"{name}\" that is not {allowed}; correct it");

    public BadInputException Fault(string what) => TaskErrors.Line(Path, Line, what);

    private JsonElement? Find(string name) => WithWholeNames<JsonElement?>(() => Json.TryGetProperty(name, out var value) ? value : null);

    // An escaped lone surrogate is well-formed JSON and no text, in names as in values.
    private T WithWholeNames<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            throw Fault("has a field whose name is not made of whole characters; correct it");
        }
    }

    private string Read(JsonElement value, string name)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // An escaped lone surrogate is well-formed JSON and no text.
            throw Wrong(name, "a text of whole characters");
        }
    }
}
