using ForgePrune.Model;
using ForgePrune.Pipeline.Report;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Reports;

/// <summary>Which runtimes take a model, by the facts that the assembly holds.</summary>
public sealed class RuntimeSectionTests
{
    private static readonly LayerShape Whole = new(2, 4, 96);

    private static readonly (string Name, LayerShape[] Layers, string Needs)[] Cases =
    [
        ("alike", [Whole, Whole], ""),
        ("heads", [Whole, new(1, 2, 96)], "heads"),
        ("ffn", [Whole, new(2, 4, 32)], "ffn"),
        ("blocks", [Whole, new(0, 0, 96)], "blocks"),
        ("no blocks at all", [default, default], "blocks"),
        ("all", [Whole, new(1, 2, 32), default], "heads ffn blocks"),
    ];

    [TestCaseSource(nameof(Cases))]
    public void What_a_model_needs((string Name, LayerShape[] Layers, string Needs) given) =>
        Assert.That(string.Join(' ', RuntimeSection.Needs(given.Layers)), Is.EqualTo(given.Needs));

    [Test]
    public void Runtimes_answer_by_the_weakest_of_what_is_known()
    {
        var config = SyntheticModels.Config(hidden: 64, headDim: 16, kvHeads: 2, queryHeads: 4, ffn: 96) with { Layers = [Whole, new(1, 2, 32), Whole] };
        var answers = RuntimeSection.Runtimes().ToDictionary(row => row.GetProperty("name").GetString()!,
            row => RuntimeSection.Answer(row, RuntimeSection.Needs(config.Layers), config));
        Assert.That(answers["ONNX Runtime"], Is.EqualTo("tried"));
        Assert.That(answers["llama.cpp (LLamaSharp)"], Is.EqualTo("tried"));
        Assert.That(answers.Single(row => row.Key.StartsWith("transformers", StringComparison.Ordinal)).Value, Is.EqualTo("by its source"));
        Assert.That(answers["vLLM, as DeciLM"], Does.StartWith("no: "));
        var whole = config with { Layers = [Whole, new(2, 4, 32), new(0, 0, 96)] };
        Assert.That(RuntimeSection.Runtimes().Where(row => row.GetProperty("reads").GetString() == "decilm")
            .Select(row => RuntimeSection.Answer(row, RuntimeSection.Needs(whole.Layers), whole)), Is.All.EqualTo("by its source").And.Not.Empty);
    }
}
