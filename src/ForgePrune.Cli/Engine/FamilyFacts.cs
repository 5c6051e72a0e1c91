using System.Text.Json;
using ForgePrune.Model;

namespace ForgePrune.Cli.Engine;

/// <summary>What a folder's family has that others have not, and what can be done with it; for families that are not read, too.</summary>
/// <param name="Family"><c>model_type</c>.</param>
/// <param name="Special">Half a sentence; empty for nothing.</param>
/// <param name="Refused">Why the family is not read; null where it is.</param>
/// <param name="Heads">Whether heads can be removed, or why not.</param>
/// <param name="Ffn">Whether FFN channels can be removed.</param>
/// <param name="Blocks">Whether whole blocks can be removed.</param>
/// <param name="Gguf">Architectures of GGUF files.</param>
internal sealed record FamilyFacts(string Family, string Special, string? Refused, string Heads, string Ffn, string Blocks, string Gguf)
{
    public static FamilyFacts? Of(string modelType) => FamilySupport.Find(modelType) is not { } found ? null
        : new(found.ModelType, found.Special, found.Refused, found.Heads, found.Ffn, found.Blocks, found.Gguf.Replace("`", "", StringComparison.Ordinal));

    /// <summary>Of a folder whose family is known and not read; null for all others.</summary>
    public static FamilyFacts? OfRefused(string path)
    {
        var file = Path.Combine(path, "config.json");
        if (!File.Exists(file))
            return null;
        try
        {
            using var config = JsonDocument.Parse(File.ReadAllBytes(file));
            return config.RootElement.ValueKind == JsonValueKind.Object && config.RootElement.TryGetProperty("model_type", out var type)
                && type.ValueKind == JsonValueKind.String && Of(type.GetString()!) is { Refused: not null } facts ? facts : null;
        }
        catch (JsonException)
        {
            // Opening the model says what is wrong with it.
            return null;
        }
    }
}
