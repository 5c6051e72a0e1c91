using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace ForgePrune.Pipeline.Runs;

/// <summary>A JSON file in the folder of a stage.</summary>
/// <param name="Name">The name of the file.</param>
/// <param name="Type">How its content is written.</param>
internal sealed record JsonFile<T>(string Name, JsonTypeInfo<T> Type)
    where T : class
{
    public void Write(string folder, T value) => File.WriteAllBytes(Path.Combine(folder, Name), JsonSerializer.SerializeToUtf8Bytes(value, Type));

    /// <summary>The content of a finished stage's file.</summary>
    public T Read(string folder) => JsonSerializer.Deserialize(File.ReadAllBytes(Path.Combine(folder, Name)), Type)!;

    /// <summary>The content of the file; null where there is none.</summary>
    public T? Find(string folder) => File.Exists(Path.Combine(folder, Name)) ? Read(folder) : null;
}
