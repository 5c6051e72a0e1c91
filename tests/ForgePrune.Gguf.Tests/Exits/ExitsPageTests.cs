using System.Globalization;
using System.Xml.Linq;
using ForgePrune.Generation;
using ForgePrune.Model;
using ForgePrune.Onnx;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Testing;
using ForgePrune.Testing.Reference;
using ForgePrune.Tokens;

namespace ForgePrune.Gguf.Tests.Exits;

/// <summary>The matrix of docs/exits.md: what it calls tried is tried here.</summary>
[NonParallelizable]
public sealed class ExitsPageTests
{
    private const int Steps = 32;

    // The promise made of every client; all compute in float32 with kernels of their own release.
    private const double Tolerance = 1e-4;

    /// <summary>Runtimes round activations to eight bits before they multiply them with codes: 1/127 of the largest of a block, less in a sum of independent
    /// errors.</summary>
    private const double RoundedActivations = 0.05;

    private static readonly ModelConfig Config = SyntheticModels.Config(layers: 4, hidden: 64, headDim: 16, kvHeads: 2, queryHeads: 4, ffn: 96);

    private static readonly Dictionary<string, LayerShape[]> Columns = new()
    {
        ["heads"] = [new(2, 4, 96), new(1, 2, 96), new(2, 2, 96), new(1, 3, 96)],
        ["ffn"] = [new(2, 4, 96), new(2, 4, 32), new(2, 4, 64), new(2, 4, 7)],
        ["blocks"] = [new(0, 0, 96), new(2, 4, 0), default, new(2, 4, 96)],
        ["quantized"] = [new(2, 4, 96), new(1, 2, 32), new(0, 0, 64), new(2, 4, 0)],
    };

    private static readonly Dictionary<string, (Func<string> Version, Action<IDecoderModel, bool> Try)> Tried = new()
    {
        ["ONNX Runtime"] = (() => OnnxServing.Cpu.Version, TryOnnxRuntime),
        ["ONNX Runtime GenAI"] = (() => Package("Microsoft.ML.OnnxRuntimeGenAI"), TryGenAi),
        ["onnxruntime-node"] = (() => NodeRuntime.Version, TryNode),
        ["llama.cpp (LLamaSharp)"] = (() => Package("LLamaSharp"), TryLlamaCpp),
    };

    private static IEnumerable<string> Names => Tried.Keys;

    [TestCaseSource(nameof(Names))]
    public void A_runtime_holds_what_the_matrix_says_that_it_was_tried_with(string name)
    {
        foreach (var (column, shapes) in Columns)
        {
            using var model = SyntheticModels.Random(Config with { Layers = shapes }, seed: 17);
            TestContext.Out.WriteLine(column);
            Tried[name].Try(model, column == "quantized");
        }

        var file = ExitsFile.Read();
        var found = file.Runtimes.Single(row => row.Name == name) with
        {
            Heads = "tried",
            Ffn = "tried",
            Blocks = "tried",
            Quantized = "tried",
            Version = Tried[name].Version(),
            Date = "",
        };
        if (ExitsFile.Writes)
        {
            var today = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
            (file with { Runtimes = [.. file.Runtimes.Select(row => row.Name == name ? found with { Date = today } : row)] }).Write();
        }

        Assert.That(ExitsFile.Read().Runtimes.Single(row => row.Name == name) with { Date = "" }, Is.EqualTo(found));
    }

    [Test]
    public void The_page_shows_the_file_and_nothing_is_called_tried_that_no_test_tries()
    {
        var file = ExitsFile.Read();
        if (ExitsFile.Writes)
            file.Write();
        Assert.That(ExitsFile.PageText(), Is.EqualTo(file.Rendered(ExitsFile.PageText())));
        foreach (var row in file.Runtimes)
        {
            Assert.That(row.Reads, Is.AnyOf("onnx", "gguf", "safetensors", "decilm"), row.Name);
            string[] cells = [row.Heads, row.Ffn, row.Blocks, row.Quantized];
            Assert.That(cells.Distinct(), Is.SubsetOf(new[] { "tried", "read", "no", "—" }), row.Name);
            Assert.That(cells.Contains("tried"), Is.EqualTo(Tried.ContainsKey(row.Name)), row.Name);
        }
    }

    private static void TryOnnxRuntime(IDecoderModel model, bool quantized)
    {
        using var folder = Onnx(model, quantized);
        var ids = Agreement.Ids(24, model.Config.VocabSize);
        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 2);
        Assert.That(Agreement.Difference(decoder.Logits(ids), Expected(model, folder["onnx"], ids, quantized)), Is.LessThan(Bound(quantized)));
    }

    private static void TryGenAi(IDecoderModel model, bool quantized)
    {
        using var folder = Onnx(model, quantized);
        var prompt = Agreement.Ids(5, model.Config.VocabSize);
        using var genAi = GenAiDecoder.Open(folder["onnx"]);
        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 2);
        int[] ours = [.. decoder.Continue(prompt, Steps, TokenSampler.Greedy(), model.Config.EosTokenIds.ToArray())];
        // GenAI stops at an end token too, but does not hand it out.
        Assert.That(genAi.Greedy(prompt, Steps), Is.EqualTo(ours.TakeWhile(id => !model.Config.EosTokenIds.Contains(id))));
    }

    private static void TryNode(IDecoderModel model, bool quantized)
    {
        using var folder = Onnx(model, quantized);
        var ids = Agreement.Ids(24, model.Config.VocabSize);
        var logits = NodeRuntime.Logits(folder["onnx"], ids);
        Assert.That(Agreement.Difference(logits, Expected(model, folder["onnx"], ids, quantized)), Is.LessThan(Bound(quantized)));
    }

    private static void TryLlamaCpp(IDecoderModel model, bool quantized)
    {
        if (!quantized)
        {
            Agreement.Require(model);
            return;
        }

        using var folder = new TemporaryFolder();
        GgufExporter.Write(model, folder["gguf"], null, GgufType.Q8);
        using var llama = LlamaCpp.Open(folder["gguf"]);
        var ids = Agreement.Ids(24, model.Config.VocabSize);
        // Weights are rounded to eight bits as well.
        Assert.That(Agreement.Difference(llama.Logits(ids), ReferenceModel.Logits(model, ids)), Is.LessThan(2 * RoundedActivations));
    }

    private static double Bound(bool quantized) => quantized ? RoundedActivations : Tolerance;

    private static TemporaryFolder Onnx(IDecoderModel model, bool quantized)
    {
        var folder = new TemporaryFolder();
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null, quantization: !quantized ? null : ModelQuantization.Of(
            new(4, QuantizationMethod.Rtn, QuantizationSettings.DefaultBlock), model, new PlainBlockRunner(model.Config), new TokenWindows(16, [])));
        return folder;
    }

    /// <summary>The float64 reference; of codes, their exact products.</summary>
    private static float[] Expected(IDecoderModel model, string folder, int[] ids, bool quantized)
    {
        if (!quantized)
            return ReferenceModel.Logits(model, ids);
        using var exact = OnnxDecoder.OpenExact(folder, threads: 2);
        return exact.Logits(ids);
    }

    private static string Package(string name) => XDocument.Load(Path.Combine(Shared.Root, "Directory.Packages.props")).Descendants("PackageVersion")
        .Single(package => (string?)package.Attribute("Include") == name).Attribute("Version")!.Value;
}
