using System.Text.Json;
using System.Text.Unicode;
using ForgePrune.IO;

namespace ForgePrune.Checkpoints;

/// <summary>JSON from outside: one object, valid UTF-8, no name twice. Anything else is reported before a value is looked at.</summary>
internal static class JsonFile
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>A JSON file is read whole; more than this is no config.</summary>
    private const int LongestFile = 100_000_000;

    /// <exception cref="Errors.BadInputException">The file is missing, unreadable, too long or not JSON.</exception>
    public static JsonElement Read(string file)
    {
        byte[] bytes;
        try
        {
            using FileStream stream = File.OpenRead(file);
            if (stream.Length > LongestFile)
                throw CheckpointErrors.BadJson(file, $"it has {stream.Length:N0} bytes where at most {LongestFile:N0} make sense");
            bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CheckpointErrors.Unreadable(file, e);
        }

        LfsPointer.Refuse(file, bytes);
        return Parse(bytes, what => CheckpointErrors.BadJson(file, what));
    }

    /// <param name="fail">The exception for the given reason.</param>
    public static JsonElement Parse(ReadOnlyMemory<byte> text, Func<string, Exception> fail)
    {
        if (!Utf8.IsValid(text.Span))
            throw fail("the text is not UTF-8");
        JsonElement root;
        try
        {
            using JsonDocument document = JsonDocument.Parse(text, Strict);
            root = document.RootElement.Clone();
            EnsureStrings(root);
        }
        catch (JsonException e)
        {
            throw fail(CheckpointErrors.Clause(e.Message));
        }
        catch (InvalidOperationException)
        {
            // A string with half a surrogate pair is well-formed JSON and no text.
            throw fail("a string holds half a surrogate pair");
        }

        if (root.ValueKind != JsonValueKind.Object)
            throw fail($"it is {Kind(root)} where an object is needed");
        return root;
    }

    /// <summary>The kind of a value, for messages.</summary>
    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.Null => "null",
        JsonValueKind.String => CheckpointErrors.Quote(value.GetString()!),
        _ => CheckpointErrors.Quote(value.GetRawText()).Trim('\''),
    };

    private static void EnsureStrings(JsonElement value)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                _ = value.GetString();
                break;
            case JsonValueKind.Array:
                foreach (JsonElement item in value.EnumerateArray())
                    EnsureStrings(item);
                break;
            case JsonValueKind.Object:
                foreach (JsonProperty property in value.EnumerateObject())
                {
                    _ = property.Name;
                    EnsureStrings(property.Value);
                }

                break;
        }
    }
}
