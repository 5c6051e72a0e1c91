using ForgePrune.Onnx.Graphs;
using Microsoft.ML.OnnxRuntime;

namespace ForgePrune.Onnx.Tests.Graphs;

public sealed class OnnxGraphTests
{
    [Test]
    public void The_runtime_computes_what_the_nodes_say()
    {
        var graph = new OnnxGraph("affine");
        var x = graph.Input("x", OnnxType.Float, "rows", 2);
        var w = graph.Initializer<float>("w", [1, 2, 3, 4, 5, 6], 3, 2);
        var product = graph.Node("FusedMatMul", OnnxGraph.Microsoft, [x, w], OnnxAttribute.Of("transB", 1), OnnxAttribute.Of("alpha", 2f));
        graph.Node("Transpose", "", [product], ["y"], OnnxAttribute.Of("perm", [1L, 0]));
        graph.Output("y", OnnxType.Float, 3, "rows");
        Assert.That(Run(graph, [1f, 10], [1, 2]), Is.EqualTo(new[] { 42f, 86, 130 }));
        Assert.That(Run(graph, [1f, 0, 0, 1], [2, 2]), Is.EqualTo(new[] { 2f, 4, 6, 8, 10, 12 }));
    }

    [Test]
    public void Every_attribute_and_element_type_reaches_the_runtime()
    {
        var graph = new OnnxGraph("types");
        var x = graph.Input("x", OnnxType.Float, "n");
        // 1.5 in float16 and in bfloat16 (upper half of its float32 bits), 300 in int32 and int64.
        var parts = new[]
        {
            graph.Initializer<Half>("half", [(Half)1.5], 1),
            graph.Initializer("brain", OnnxType.BFloat16, [0xC0, 0x3F], 1),
            graph.Initializer<int>("int", [300], 1),
            graph.Initializer<long>("long", [-300], 1),
            graph.Initializer<byte>("byte", [200], 1),
            graph.Initializer<double>("double", [0.25], 1),
        };
        var floats = parts.Select(part => graph.Node("Cast", "", [part], OnnxAttribute.Of("to", (long)OnnxType.Float))).ToArray();
        var constant = graph.Node("Constant", "", [], OnnxAttribute.Of("value_floats", [0.125f, -3]));
        var gelu = graph.Node("Gelu", "", [x], OnnxAttribute.Of("approximate", "tanh"));
        graph.Node("Concat", "", [.. floats, constant, gelu], ["y"], OnnxAttribute.Of("axis", 0));
        graph.Output("y", OnnxType.Float, "m");
        Assert.That(Run(graph, [0f], [1]), Is.EqualTo(new[] { 1.5f, 1.5f, 300, -300, 200, 0.25f, 0.125f, -3, 0 }));
    }

    [Test]
    public void External_tensors_are_read_from_their_slices()
    {
        var folder = Directory.CreateTempSubdirectory("forgeprune-graph");
        try
        {
            ExternalSlice first, second;
            using (var data = new ExternalData(Path.Combine(folder.FullName, "model.onnx.data")))
            {
                first = data.Append<float>([1, 2]);
                second = data.Append(stream => stream.Write([0, 0, 0x40, 0x40]));
                Assert.That(data.Length, Is.EqualTo(ExternalData.Alignment + 4));
            }
            Assert.That(first, Is.EqualTo(new ExternalSlice("model.onnx.data", 0, 8)));
            Assert.That(second, Is.EqualTo(new ExternalSlice("model.onnx.data", ExternalData.Alignment, 4)));
            var graph = new OnnxGraph("external");
            var x = graph.Input("x", OnnxType.Float, 2);
            var sum = graph.Node("Add", "", [x, graph.Initializer("a", OnnxType.Float, first, 2)]);
            graph.Node("Mul", "", [sum, graph.Initializer("b", OnnxType.Float, second)], ["y"]);
            graph.Output("y", OnnxType.Float, 2);
            graph.Metadata("tool", "forgeprune");
            var path = Path.Combine(folder.FullName, "model.onnx");
            File.WriteAllBytes(path, graph.ToBytes());
            using var session = new InferenceSession(path);
            Assert.That(session.ModelMetadata.CustomMetadataMap["tool"], Is.EqualTo("forgeprune"));
            Assert.That(Run(session, [10f, 20], [2]), Is.EqualTo(new[] { 33f, 66 }));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Test]
    public void An_initializer_whose_bytes_do_not_fill_its_shape_is_refused() =>
        Assert.That(() => new OnnxGraph("short").Initializer<float>("w", [1, 2, 3], 2, 2), Throws.ArgumentException.With.Message.Contains("12 bytes"));

    private static float[] Run(OnnxGraph graph, float[] x, long[] shape)
    {
        using var session = new InferenceSession(graph.ToBytes());
        return Run(session, x, shape);
    }

    private static float[] Run(InferenceSession session, float[] x, long[] shape)
    {
        using var value = OrtValue.CreateTensorValueFromMemory(x, shape);
        using var options = new RunOptions();
        using var results = session.Run(options, ["x"], [value], ["y"]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }
}
