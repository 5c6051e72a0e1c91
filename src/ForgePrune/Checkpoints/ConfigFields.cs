using System.Globalization;
using System.Text.Json;

namespace ForgePrune.Checkpoints;

/// <summary>Typed access to the keys of a config.json. A missing key and null are told apart from a wrong value, which is always an error.</summary>
internal sealed class ConfigFields(JsonElement config, string file, string prefix = "")
{
    public string File => file;

    /// <summary>Whether the key is there, null included.</summary>
    public bool Has(string key) => config.TryGetProperty(key, out _);

    public bool IsNull(string key) => config.TryGetProperty(key, out JsonElement value) && value.ValueKind == JsonValueKind.Null;

    /// <summary>The keys that are there and not null, in the file's order.</summary>
    public IEnumerable<string> Given =>
        config.EnumerateObject().Where(property => property.Value.ValueKind != JsonValueKind.Null).Select(property => property.Name);

    /// <summary>A value that is there and not null, whatever it is.</summary>
    public JsonElement? Raw(string key) => Find(key);

    /// <summary>The key as messages name it, with the objects around it.</summary>
    public string Name(string key) => prefix + key;

    /// <summary>Whole number within [least, most]; <paramref name="missing"/> where the key is missing or null; an error where that is null too.</summary>
    public int Int(string key, int least, int most, int? missing = null)
    {
        if (Find(key) is not { } value)
            return missing ?? throw Missing(key, $"a whole number from {Number(least)} to {Number(most)}");
        return Whole(value) is { } number && number >= least && number <= most
            ? (int)number
            : throw Wrong(key, value, $"a whole number from {Number(least)} to {Number(most)}");
    }

    /// <summary>Number within [least, most].</summary>
    public double Double(string key, double least, double most, double? missing = null)
    {
        if (Find(key) is not { } value)
            return missing ?? throw Missing(key, $"a number from {Number(least)} to {Number(most)}");
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && number >= least && number <= most
            ? number
            : throw Wrong(key, value, $"a number from {Number(least)} to {Number(most)}");
    }

    public bool Bool(string key, bool missing)
    {
        if (Find(key) is not { } value)
            return missing;
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(key, value, "true or false");
    }

    public string? String(string key)
    {
        if (Find(key) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(key, value, "a string");
    }

    /// <summary>A list of strings; null where the key is missing or null.</summary>
    public IReadOnlyList<string>? Strings(string key)
    {
        if (Find(key) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? value.EnumerateArray().Select(item => item.GetString()!).ToArray()
            : throw Wrong(key, value, "a list of strings");
    }

    /// <summary>A whole number or a list of them, each within [0, most]; null where the key is missing or null.</summary>
    public IReadOnlyList<int>? Ints(string key, int most)
    {
        if (Find(key) is not { } value)
            return null;
        JsonElement[] items = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray()] : [value];
        return items.All(item => Whole(item) is { } number && number >= 0 && number <= most)
            ? items.Select(item => item.GetInt32()).ToArray()
            : throw Wrong(key, value, $"a whole number from 0 to {Number(most)}, or a list of them");
    }

    /// <summary>A list of numbers, each within [least, most]; null where the key is missing or null.</summary>
    public IReadOnlyList<double>? Doubles(string key, double least, double most)
    {
        if (Find(key) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.Array
            && value.EnumerateArray().All(
                item => item.ValueKind == JsonValueKind.Number && item.TryGetDouble(out double number) && number >= least && number <= most)
            ? value.EnumerateArray().Select(item => item.GetDouble()).ToArray()
            : throw Wrong(key, value, $"a list of numbers from {Number(least)} to {Number(most)}");
    }

    /// <summary>The keys inside an object; null where the key is missing or null.</summary>
    public ConfigFields? Object(string key)
    {
        if (Find(key) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.Object ? new ConfigFields(value, file, $"{prefix}{key}.") : throw Wrong(key, value, "an object or null");
    }

    /// <summary>The keys inside each object of a list; an error where the key is missing.</summary>
    public IReadOnlyList<ConfigFields> Objects(string key)
    {
        const string allowed = "a list of objects";
        JsonElement value = Find(key) ?? throw Missing(key, allowed);
        return value.ValueKind == JsonValueKind.Array && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Object)
            ? value.EnumerateArray().Select((item, i) => new ConfigFields(item, file, $"{prefix}{key}[{i}].")).ToArray()
            : throw Wrong(key, value, allowed);
    }

    /// <summary>A fault of this file that is not one of a single value.</summary>
    public Errors.BadInputException Bad(string what, string cure) => CheckpointErrors.BadConfig(file, what, cure);

    private JsonElement? Find(string key) =>
        config.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static long? Whole(JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) ? number : null;

    private Errors.BadInputException Missing(string key, string allowed) =>
        CheckpointErrors.BadConfig(file, $"{prefix}{key} is missing", $"add it as {allowed}");

    private Errors.BadInputException Wrong(string key, JsonElement value, string allowed) =>
        CheckpointErrors.BadConfig(file, $"{prefix}{key} is {JsonFile.Kind(value)}", $"set it to {allowed}");

    private static string Number(double value) => value.ToString(CultureInfo.InvariantCulture);
}
