using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ForgePrune.IO;

/// <summary>A small finding as JSON in a <see cref="ChecksummedFile"/>.</summary>
internal static class ChecksummedJson
{
    /// <inheritdoc cref="ChecksummedFile.Write"/>
    public static void Write<T>(string path, string kind, SourceHash source, T value, JsonTypeInfo<T> type)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(value, type);
        ChecksummedFile.Write(path, kind, source, bytes.Length, stream => stream.Write(bytes));
    }

    /// <returns>Null where there is no such file.</returns>
    public static T? Find<T>(string path, string kind, SourceHash source, JsonTypeInfo<T> type)
        where T : class => !SharedFile.IsThere(path) ? null : ChecksummedFile.Read(path, kind, source, (stream, length) =>
    {
        var bytes = new byte[length];
        stream.ReadExactly(bytes);
        try
        {
            return JsonSerializer.Deserialize(bytes, type);
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException(fault.Message, fault);
        }
    });
}
