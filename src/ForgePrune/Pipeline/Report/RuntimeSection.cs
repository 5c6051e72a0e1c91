using System.Reflection;
using System.Text.Json;
using ForgePrune.Decilm;
using ForgePrune.Errors;
using ForgePrune.Model;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Pipeline.Summary;
using ForgePrune.Reports;

namespace ForgePrune.Pipeline.Report;

/// <summary>Which runtimes take what a run wrote, by docs/exits.json, which tests keep and the assembly holds.</summary>
internal static class RuntimeSection
{
    // As the table of exits calls them.
    private const string Tried = "tried", FromSource = "read";

    public static void Write(ReportPage page, RunContext run, RunSummary summary)
    {
        var written = SearchCost.WrittenConfig(run.Settings, run.Dense.Config) with
        {
            Layers = [.. summary.Layers.Select(layer => new LayerShape(layer.KvGroups, layer.QueryHeads, layer.Ffn)
            {
                ExpertWidth = layer.Experts is { } experts && experts > 0 ? layer.Ffn / experts : 0,
            })],
        };
        string[] needs = Needs(written.Layers);
        page.Section("Where it runs", (needs.Length == 0 ? "All layers are alike. " : $"This model has {string.Join(", ", needs.Select(Said))}. ")
            + "Tried: a test runs such layers in the version named. By its source: read there, not run. docs/exits.md has the conditions.");
        page.Table(new ReportTable("Runtimes", ["runtime", "takes", "these layers", "few bits", "version, date"],
        [
            .. ModelFamilies.IsStock(written)
                ? [["whatever reads the family", "safetensors/", "as any model of the family", "–", ""]] : Array.Empty<IReadOnlyList<Cell>>(),
            .. Runtimes().Select(runtime => (IReadOnlyList<Cell>)
            [
                runtime.GetProperty("name").GetString()!, Takes(Text(runtime, "reads"), summary), Answer(runtime, needs, written),
                FewBits(runtime, summary), $"{Text(runtime, "version")}, {Text(runtime, "date")}",
            ]),
        ]));
    }

    /// <summary>What a runtime has to hold, by the names of the table's columns.</summary>
    internal static string[] Needs(IReadOnlyList<LayerShape> layers)
    {
        var attention = layers.Where(layer => layer.HasAttention).Select(layer => (layer.KvHeads, layer.QueryHeads)).Distinct().Count();
        var ffn = layers.Where(layer => layer.HasMlp).Select(layer => layer.Ffn).Distinct().Count();
        return [.. ((string?[])
        [
            attention > 1 ? "heads" : null, ffn > 1 ? "ffn" : null, layers.Any(layer => !layer.HasAttention || !layer.HasMlp) ? "blocks" : null,
        ]).OfType<string>()];
    }

    /// <summary>The weakest of what is known of all that a model needs.</summary>
    internal static string Answer(JsonElement runtime, string[] needs, ModelConfig written)
    {
        if (Text(runtime, "reads") == "decilm" && DecilmFault(written) is { } fault)
            return $"no: {fault}";
        if (needs.Where(need => Text(runtime, need) is not (Tried or FromSource)).ToArray() is { Length: > 0 } lacking)
            return $"no: {string.Join(", ", lacking.Select(Said))}";
        return needs.Any(need => Text(runtime, need) == FromSource) || (needs.Length == 0 && Text(runtime, "ffn") == FromSource) ? "by its source" : Tried;
    }

    internal static IEnumerable<JsonElement> Runtimes()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("ForgePrune.exits.json")!;
        using var file = JsonDocument.Parse(stream);
        return [.. file.RootElement.GetProperty("runtimes").EnumerateArray().Select(runtime => runtime.Clone())];
    }

    private static string Takes(string format, RunSummary summary) => format switch
    {
        "onnx" => summary.Quantized is { } quantized ? $"onnx/, onnx-int{quantized.Bits}/" : "onnx/",
        "gguf" => summary.Gguf is { } gguf ? $"gguf/ ({gguf.Type})" : "an export as GGUF",
        "decilm" => "an export as DeciLM",
        _ => $"{format}/",
    };

    private static string FewBits(JsonElement runtime, RunSummary summary)
    {
        var has = Text(runtime, "reads") switch { "onnx" => summary.Quantized is not null, "gguf" => summary.Gguf is { Type: "q8_0" or "q4_0" }, _ => false };
        return !has ? "–" : Text(runtime, "quantized") == FromSource ? "by its source" : Text(runtime, "quantized");
    }

    private static string? DecilmFault(ModelConfig written)
    {
        try
        {
            DecilmShape.RequireLayers(written);
            return null;
        }
        catch (BadInputException fault)
        {
            return fault.Message.Split(';')[0];
        }
    }

    private static string Said(string need) => need switch { "heads" => "heads per layer", "ffn" => "FFN widths per layer", _ => "removed blocks" };

    private static string Text(JsonElement runtime, string name) => runtime.GetProperty(name).GetString()!;
}
