using ForgePrune.Errors;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Providers;
using ForgePrune.Onnx.Sessions;
using ForgePrune.Onnx.Tests.Export;
using ForgePrune.Serving;
using ForgePrune.Testing;

namespace ForgePrune.Onnx.Tests.Providers;

/// <summary>Where nodes ran, read from traces that ONNX Runtime really wrote: on the processor here, so every node with weights must be told.</summary>
public sealed class NodePlacementTests
{
    private static readonly string[] OfWork = ["GroupQueryAttention", "MatMul", "FusedMatMul", "QuickGelu", "SimplifiedLayerNormalization",
        "SkipSimplifiedLayerNormalization"];

    [Test]
    public void A_trace_tells_every_node_and_what_it_ran_on()
    {
        var nodes = Placed(ExportCases.Plain);
        Assert.That(nodes.Select(node => node.Provider).Distinct(), Is.EqualTo(new[] { "CPUExecutionProvider" }));
        Assert.That(nodes.Select(node => node.Operator), Is.SupersetOf(OfWork).And.Contains("ReduceSum"));
        Assert.That(nodes.Count(node => node.Operator == "GroupQueryAttention"), Is.EqualTo(ExportCases.Plain.Layers.Count), "each by its own name");
    }

    [TestCaseSource(typeof(ExportCases), nameof(ExportCases.All))]
    public void All_but_the_arithmetic_of_lengths_counts_as_work(ModelConfig config)
    {
        var nodes = Placed(config);
        Assert.That(NodePlacement.Strayed(nodes), Is.Not.Null, "the head at least");
        // Were all nodes with weights on a GPU, what is left may stay where it is.
        var moved = nodes.Select(node => OfWork.Contains(node.Operator) || node.Operator is "RotaryEmbedding" or "FastGelu" or "Tanh" or "Gemm"
            ? node with { Provider = "CUDAExecutionProvider" } : node);
        Assert.That(NodePlacement.Strayed(moved), Is.Null);
    }

    [Test]
    public void A_node_that_strayed_is_named_with_the_cure()
    {
        var node = new PlacedNode("layers.0.attention", "GroupQueryAttention", "CPUExecutionProvider");
        Assert.That(NodePlacement.Strayed([node with { Provider = "CUDAExecutionProvider" }, node with { Operator = "Shape" }, node]), Is.EqualTo(node));
        var sentence = SessionErrors.Strayed(ServingProvider.Cuda(), "m/model.onnx", node).Message;
        Assert.That(sentence, Does.Contain("layers.0.attention (GroupQueryAttention)").And.Contain("float16").And.Contain("for cuda"));
    }

    [Test]
    public void Caches_that_grow_are_refused_where_the_host_cannot_cut_them()
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(ExportCases.Plain, seed: 1);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        File.WriteAllText(folder["onnx/genai_config.json"],
            File.ReadAllText(folder["onnx/genai_config.json"]).Replace("\"past_present_share_buffer\": true", "\"past_present_share_buffer\": false"));
        using var decoder = OnnxDecoder.Open(folder["onnx"], 1, _ => { }, memory: BoundDecoderTests.AsDevice);
        Assert.That(decoder.Signature.Folder.SharesBuffers, Is.False);
        Assert.That(() => decoder.NewState(1, 1), Throws.TypeOf<BadInputException>().With.Message.Contains("longer caches"));
    }

    private static IReadOnlyList<PlacedNode> Placed(ModelConfig config)
    {
        using var folder = new TemporaryFolder();
        using var model = SyntheticModels.Random(config, seed: 1);
        OnnxExporter.Write(model, folder["onnx"], tokenizer: null);
        using var decoder = OnnxDecoder.Open(folder["onnx"], 1, options => NodePlacement.Trace(options, folder.Path));
        return decoder.Placed();
    }
}
