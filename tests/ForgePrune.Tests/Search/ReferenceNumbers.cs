using System.Text.Json;
using ForgePrune.Model;

namespace ForgePrune.Tests.Search;

/// <summary>Numbers of an independent program (shared/reference), where that folder is present.</summary>
internal static class ReferenceNumbers
{
    private const string Needed = "shared/reference/reference.json";

    public static JsonElement Model(string name)
    {
        for (var folder = new DirectoryInfo(TestContext.CurrentContext.TestDirectory); folder is not null; folder = folder.Parent)
        {
            var file = Path.Combine(folder.FullName, Needed);
            if (!File.Exists(file))
                continue;
            using var document = JsonDocument.Parse(File.ReadAllBytes(file));
            return document.RootElement.GetProperty("models").GetProperty(name).Clone();
        }
        Assert.Ignore($"needs ../{Needed}");
        return default;
    }

    public static ModelConfig Config(string name) => name == "stories15M"
        ? TinyProblem.Model(6, new LayerShape(6, 6, 768), hidden: 288, headDim: 48, vocab: 32000)
        : TinyProblem.Model(8, new LayerShape(2, 8, 1408), hidden: 512, headDim: 64, vocab: 6400);

    public static int[] Ints(this JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];

    public static double[] Doubles(this JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetDouble())];
}
