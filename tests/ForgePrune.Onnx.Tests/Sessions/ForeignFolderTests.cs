using System.Text.Json.Nodes;
using ForgePrune.Errors;
using ForgePrune.Generation;
using ForgePrune.Kernels;
using ForgePrune.Latency;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Tests.Export;
using ForgePrune.Onnx.Tests.Export.Written;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Testing;
using ForgePrune.Timing;

namespace ForgePrune.Onnx.Tests.Sessions;

/// <summary>Folders as others write them: other names, other inputs, caches that are copied. ONNX Runtime GenAI, whose format the config is, is the
/// judge.</summary>
public sealed class ForeignFolderTests
{
    private const string File = "text-decoder.onnx";

    /// <summary>The graphs compute the same with the same kernels; copied caches are multiplied in another order at most.</summary>
    private const double Tolerance = 2e-6;

    private static IEnumerable<TestCaseData> Folders()
    {
        var four = new QuantizationFormat(4, 32, symmetric: true);
        var int4 = new ModelQuantization(new RoundedLayers(four, threads: 1), new QuantizationFormat(8, 32, symmetric: true), Threads: 1);
        yield return Case("other names", ExportCases.Unequal, (_, _) => { });
        yield return Case("other names, float16", ExportCases.Unequal, (_, _) => { }, options: new() { Float = OnnxFloat.F16 });
        yield return Case("other names, last logits", ExportCases.Unequal, (_, _) => { }, options: new() { Logits = OnnxLogits.Last });
        yield return Case("other names, int4", ExportCases.Unequal, (_, _) => { }, int4);
        yield return Case("caches that are copied", ExportCases.Unequal, (_, config) => config["search"]!["past_present_share_buffer"] = false);
        yield return Case("caches that are copied, float16", ExportCases.Unequal, (_, config) => config["search"]!["past_present_share_buffer"] = false,
            options: new() { Float = OnnxFloat.F16 });
        yield return Case("lengths in place of a mask", ExportCases.Unequal, Lengths);
        yield return Case("position ids", SyntheticModels.Config(headDim: 24), Positions);
    }

    [TestCaseSource(nameof(Folders))]
    public void A_folder_of_others_runs_as_GenAI_runs_it(
        ModelConfig shape, Delegate change, ModelQuantization? quantization, OnnxExportOptions? options)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(shape with { EosTokenIds = [] }, seed: 61);
        Write(folder, model, (Action<EditedModel, JsonObject>)change, quantization, options);
        Assert.That(OnnxServing.Cpu.IsExported(folder["foreign"]), Is.True);
        using OnnxDecoder own = OnnxDecoder.Open(folder["own"], threads: 1), foreign = OnnxDecoder.Open(folder["foreign"], threads: 1);
        var ids = OnnxExporterTests.Ids(12, shape.VocabSize);
        Assert.That(OnnxExporterTests.Difference(foreign.Logits(ids), own.Logits(ids)), Is.LessThan(Tolerance));
        using (IDecoderState ours = own.NewState(1, 12), theirs = foreign.NewState(1, 12))
        {
            // Forwards, and back to lengths that were and were not those of an earlier call.
            foreach (var (length, count) in new[] { (0, 6), (6, 1), (6, 1), (7, 2), (4, 3), (7, 1), (0, 2) })
            {
                ours.Rewind(length);
                theirs.Rewind(length);
                Assert.That(OnnxExporterTests.Difference(theirs.Append(ids[length..(length + count)]).ToArray(), ours.Append(ids[length..(length + count)])
                    .ToArray()), Is.LessThan(Tolerance), $"{count} after {length}");
            }
        }
        using var genAi = GenAiDecoder.Open(folder["foreign"]);
        Assert.That(genAi.Greedy(ids[..5], 32), Is.EqualTo(foreign.Continue(ids[..5], 32, TokenSampler.Greedy()).ToArray()));
    }

    [Test]
    public void Both_are_timed_in_turn()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Plain, seed: 62);
        Write(folder, model, (_, config) => config["search"]!["past_present_share_buffer"] = false);
        using ServedFolder own = ServedFolder.Of(OnnxServing.Cpu, folder["own"]), foreign = ServedFolder.Of(OnnxServing.Cpu, folder["foreign"]);
        var settings = new TimingSettings { Threads = 1, Batch = 2, Prompt = 8, Context = 16 };
        var (prefill, decode) = AbBench.Run(() => own.Open(1), () => foreign.Open(1), settings, maxSeconds: 0.2);
        Assert.That(new[] { prefill.SpeedUp.Ratio, decode.SpeedUp.Ratio }, Has.All.Positive);
    }

    [Test]
    public void An_input_that_nobody_can_fill_is_named()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Plain, seed: 63);
        Write(folder, model, (graph, _) => graph.AddInput("pixel_values", OnnxType.Float, 1, 3));
        Assert.That(() => OnnxDecoder.Open(folder["foreign"], 1), Throws.TypeOf<BadInputException>().With.Message.Contains("pixel_values"));
    }

    [Test]
    public void What_is_known_of_a_folder_of_others_is_told()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Unequal with { EosTokenIds = [3, 5] }, seed: 65);
        var four = new QuantizationFormat(4, 32, symmetric: true);
        Write(folder, model, (_, config) => (config["search"]!["past_present_share_buffer"], config["model"]!["type"]) = (false, "phi3"),
            new ModelQuantization(new RoundedLayers(four, threads: 1), new QuantizationFormat(8, 32, symmetric: true), Threads: 1));
        var facts = DecoderInspection.Of(folder["foreign"])!;
        Assert.That((facts.Graph, facts.Type, facts.Refused, facts.SharesBuffers), Is.EqualTo((File, "phi3", (string?)null, false)));
        Assert.That((facts.VocabSize, facts.Positions, facts.Logits, facts.Caches),
            Is.EqualTo((model.Config.VocabSize, model.Config.MaxPositions, "float32", "float32")));
        Assert.That(facts.Ends, Is.EqualTo([3, 5]));
        var layers = model.Config.Layers.Select((layer, number) => (layer, number)).Where(pair => pair.layer.HasAttention);
        Assert.That(facts.Layers, Is.EqualTo(layers.Select(pair => new CacheFacts(pair.number, pair.layer.KvHeads, model.Config.HeadDim))));
        Assert.That(facts.Codes.Single().ToString(), Does.Match("^[0-9]+ MatMulNBits, 4 and 8 bits, blocks of 32, accuracy level 4$"));
        Assert.That(facts.Bytes, Is.EqualTo(new FileInfo(folder["foreign/" + File]).Length + new FileInfo(folder["foreign/model.onnx.data"]).Length));
    }

    [Test]
    public void A_folder_that_nothing_here_runs_is_told_with_the_reason()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Plain, seed: 66);
        Write(folder, model, (graph, _) => graph.AddInput("pixel_values", OnnxType.Float, 1, 3));
        var facts = DecoderInspection.Of(folder["foreign"])!;
        Assert.That(facts.Refused, Does.Contain("pixel_values"));
        Assert.That((facts.Type, facts.Positions, facts.Codes.Count, facts.Layers.Count), Is.EqualTo(("decoder", model.Config.MaxPositions, 0, 0)));
        // A checkpoint beside it is what inspect is about.
        folder.Write("foreign/model.safetensors", "");
        Assert.That(DecoderInspection.Of(folder["foreign"]), Is.Null);
        Assert.That(() => DecoderInspection.Of(folder["none.onnx"]), Throws.TypeOf<BadInputException>());
    }

    [TestCase("""{"model":{"encoder":{}}}""", "names none under model")]
    [TestCase("""{"model":{"decoder":{"pipeline":[]}}}""", "pipeline")]
    [TestCase("""{"model":{"decoder":{"sliding_window":{}}}}""", "slide a window")]
    [TestCase("""{"model":{"decoder":{"filename":7}}}""", "is damaged")]
    [TestCase("""{"model":""", "is damaged")]
    public void A_config_of_no_plain_decoder_is_named(string config, string part)
    {
        using var folder = new TemporaryFolder();
        folder.Write("genai_config.json", config);
        Assert.That(() => OnnxDecoder.Open(folder.Path, 1),
            Throws.TypeOf<BadInputException>().With.Message.Contains("genai_config.json").And.Message.Contains(part));
    }

    [Test]
    public void A_file_beside_a_config_of_another_file_has_our_names()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Plain, seed: 64);
        OnnxExporter.Write(model, folder["own"], tokenizer: null);
        folder.Write("own/genai_config.json", """{"model":{"decoder":{"filename":"other.onnx","inputs":{"input_ids":"tokens"}}}}""");
        using var decoder = OnnxDecoder.Open(folder["own/model.onnx"], 1);
        Assert.That(decoder.Logits([1, 2]), Has.Length.EqualTo(2 * model.Config.VocabSize));
    }

    private static TestCaseData Case(string name, ModelConfig shape, Action<EditedModel, JsonObject> change, ModelQuantization? quantization = null,
        OnnxExportOptions? options = null) => new TestCaseData(shape, change, quantization, options).SetArgDisplayNames(name);

    /// <summary>What GenAI gives to graphs with both inputs: the index of the last token, and the length.</summary>
    private static void Lengths(EditedModel graph, JsonObject config)
    {
        var inputs = graph.InputsOf("GroupQueryAttention");
        graph.Remove(inputs[5], inputs[6]);
        graph.AddInput("last_index", OnnxType.Int32, 1, 1);
        graph.AddInput("cache_length", OnnxType.Int32, 1);
        graph.AddShape("flat", -1);
        graph.AddFirst("Reshape", ["last_index", "flat"], inputs[5]);
        graph.AddFirst("Identity", ["cache_length"], inputs[6]);
        var names = config["model"]!["decoder"]!["inputs"]!.AsObject();
        names.Remove("attention_mask");
        names["past_sequence_length"] = "last_index";
        names["current_sequence_length"] = "cache_length";
    }

    private static void Positions(EditedModel graph, JsonObject config)
    {
        var positions = graph.InputsOf("RotaryEmbedding")[1];
        graph.Remove(positions);
        graph.AddInput("places", OnnxType.Int64, "batch", "sequence");
        graph.AddFirst("Identity", ["places"], positions);
        config["model"]!["decoder"]!["inputs"]!["position_ids"] = "places";
    }

    /// <summary>Our export, and the same as somebody else might have written it.</summary>
    private static void Write(TemporaryFolder folder, IDecoderModel model, Action<EditedModel, JsonObject> change, ModelQuantization? quantization = null,
        OnnxExportOptions? options = null)
    {
        OnnxExporter.Write(model, folder["own"], tokenizer: null, quantization: quantization, options: options);
        var graph = EditedModel.Read(folder["own/model.onnx"]);
        var config = JsonNode.Parse(System.IO.File.ReadAllText(folder["own/genai_config.json"]))!.AsObject();
        var decoder = config["model"]!["decoder"]!.AsObject();
        decoder["filename"] = File;
        change(graph, config);
        string[] outer = ["input_ids", "attention_mask", "logits"];
        graph.Rename(name => outer.Contains(name) || name.StartsWith(CacheNames.Past, StringComparison.Ordinal)
            || name.StartsWith(CacheNames.Present, StringComparison.Ordinal) ? Named(name) : name);
        foreach (var names in new[] { decoder["inputs"]!.AsObject(), decoder["outputs"]!.AsObject() })
        {
            foreach (var (key, value) in names.ToArray())
                names[key] = value!.GetValue<string>() is var name && (outer.Contains(name) || name.Contains('%')) ? Named(name) : value.DeepClone();
        }
        Directory.CreateDirectory(folder["foreign"]);
        folder.Write("foreign/" + File, graph.ToBytes());
        folder.Write("foreign/genai_config.json", config.ToJsonString());
        System.IO.File.Copy(folder["own/model.onnx.data"], folder["foreign/model.onnx.data"]);
    }

    private static string Named(string name) => name.Replace("past_key_values", "memory.in", StringComparison.Ordinal)
        .Replace("present", "memory.out", StringComparison.Ordinal).Replace("input_ids", "tokens", StringComparison.Ordinal)
        .Replace("attention_mask", "visible", StringComparison.Ordinal).Replace("logits", "scores", StringComparison.Ordinal);
}
