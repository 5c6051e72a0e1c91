using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Quantization;
using ForgePrune.Serving;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Export.Written;

/// <summary>Every kind of export, read by a second reader of ONNX files and loaded in ONNX Runtime. That logits are right is told by other tests.</summary>
public sealed class WrittenModelTests
{
    private const long Float = 1, Int64 = 7;

    private static IEnumerable<TestCaseData> Exports()
    {
        QuantizationFormat int4 = new(4, 32, symmetric: true), int8 = new(8, 32, symmetric: true), zeros = new(4, 16, symmetric: false);
        (string Name, QuantizationFormat? Format, QuantizationFormat? Head)[] forms =
            [("float32", null, null), ("int8", int8, int8), ("int4", int4, int8), ("int4 with zero points, float32 head", zeros, null)];
        foreach (var (name, format, head) in forms)
        {
            foreach (TestCaseData shape in ExportCases.All)
            {
                foreach (var tied in new[] { true, false })
                    yield return new TestCaseData((ModelConfig)shape.Arguments[0]! with { TiedEmbeddings = tied }, format, head)
                        .SetArgDisplayNames($"{shape.ArgDisplayNames![0]}, {(tied ? "tied" : "untied")}, {name}");
            }
        }
    }

    [TestCaseSource(nameof(Exports))]
    [Category("Slow")]
    public void Keeps_the_rules_and_holds_what_the_config_says(ModelConfig config, QuantizationFormat? format, QuantizationFormat? head)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config, seed: 51);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null, quantization: format is null ? null
            : new ModelQuantization(new RoundedLayers(format, threads: 1), head, Threads: 1));
        var written = OnnxFile.Read(folder["onnx/model.onnx"]);
        Assert.That(OnnxRules.Breaches(written, folder["onnx"]), Is.Empty);
        Assert.That(written.Tensors.Where(tensor => tensor.Location is not null).Select(tensor => ExpectedTensors.Line(tensor.Name, tensor.Type, tensor.Dims)),
            Is.EquivalentTo(ExpectedTensors.Of(config, format, head)));
        Assert.That(written.Inputs.Select(Line), Is.EquivalentTo(Inputs(config)));
        Assert.That(written.Outputs.Select(Line), Is.EquivalentTo(Outputs(config)));

        using var decoder = OnnxDecoder.Open(folder["onnx"], threads: 1);
        Assert.That(decoder.Logits([1, 2, 3]), Has.Length.EqualTo(3 * config.VocabSize).And.All.Matches<float>(float.IsFinite));
    }

    [Test]
    public void The_rules_find_what_is_wrong()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Plain, seed: 52);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        using (var data = new FileStream(folder["onnx/model.onnx.data"], FileMode.Open))
            data.SetLength(data.Length - 1);
        Assert.That(OnnxRules.Breaches(OnnxFile.Read(folder["onnx/model.onnx"]), folder["onnx"]).Single(), Does.Contain("where its tensors end at"));

        var graph = new OnnxGraph("wrong", opset: 21, irVersion: 11);
        graph.Input("x", OnnxType.Float, 2);
        graph.Initializer<float>("unread", [1], 1);
        graph.Node("Neg", "somewhere", ["y"], ["x"]);
        graph.Output("z", OnnxType.Float, 2);
        folder.Write("wrong.onnx", graph.ToBytes());
        string[] parts = ["ir_version 11", "'somewhere'", "value x is there 2 times", "reads y", "output z", "unread is read", "works for nobody"];
        var breaches = OnnxRules.Breaches(OnnxFile.Read(folder["wrong.onnx"]), folder.Path).ToArray();
        Assert.That(breaches, Has.Length.EqualTo(parts.Length), string.Join('\n', breaches));
        foreach (var part in parts)
            Assert.That(breaches, Has.Some.Contains(part));
    }

    private static IEnumerable<string> Inputs(ModelConfig config) =>
        [$"input_ids {Int64} batch×sequence", $"attention_mask {Int64} batch×total", .. Caches(config, "past_key_values", "past")];

    private static IEnumerable<string> Outputs(ModelConfig config) =>
        [$"logits {Float} batch×sequence×{config.VocabSize}", .. Caches(config, "present", "total")];

    private static IEnumerable<string> Caches(ModelConfig config, string name, string length) =>
        from layer in Enumerable.Range(0, config.Layers.Count)
        where config.Layers[layer].KvHeads > 0
        from part in new[] { "key", "value" }
        select $"{name}.{layer}.{part} {Float} batch×{config.Layers[layer].KvHeads}×{length}×{config.HeadDim}";

    private static string Line(WrittenValue value) => $"{value.Name} {value.Type} {string.Join("×", value.Dims)}";
}
