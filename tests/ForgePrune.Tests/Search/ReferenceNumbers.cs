using System.Text.Json;
using ForgePrune.Model;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Search;

/// <summary>Numbers of an independent program (shared/reference), where that folder is present.</summary>
internal static class ReferenceNumbers
{
    public static JsonElement Model(string name)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Shared.File("reference/reference.json")));
        return document.RootElement.GetProperty("models").GetProperty(name).Clone();
    }

    public static ModelConfig Config(string name) => name == "stories15M"
        ? TinyProblem.Model(6, new LayerShape(6, 6, 768), hidden: 288, headDim: 48, vocab: 32000)
        : TinyProblem.Model(8, new LayerShape(2, 8, 1408), hidden: 512, headDim: 64, vocab: 6400);

    public static int[] Ints(this JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];

    public static double[] Doubles(this JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetDouble())];
}
