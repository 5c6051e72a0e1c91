using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Forward;

/// <summary>The output head in a type of two bytes. Rows are chosen where the stream lies.</summary>
internal static class NarrowHead
{
    /// <summary>As <see cref="BlockNodes.HeadGraph"/>, of some rows of the stream; logits are float32.</summary>
    public static OnnxGraph Graph(ModelConfig config, OnnxType type)
    {
        var graph = NarrowNodes.Graph("head");
        var x = graph.Input("x", OnnxType.Float, "windows", "tokens", config.HiddenSize);
        var rows = graph.Input("rows", OnnxType.Int64, "rows");
        var flat = graph.Node("Reshape", "", [x, graph.Initializer<long>("flat", [-1, config.HiddenSize], 2)]);
        var taken = graph.Node("Gather", "", [flat, rows], OnnxAttribute.Of("axis", 0L));
        var normed = graph.Cast(graph.WideNorm(taken, "norm", config.HiddenSize, config.RmsNormEps), type);
        graph.NarrowLogits(config, normed, graph.Input("head", type, "vocab", config.HiddenSize), "logits");
        graph.Output("logits", OnnxType.Float, "rows", "vocab");
        return graph;
    }
}
