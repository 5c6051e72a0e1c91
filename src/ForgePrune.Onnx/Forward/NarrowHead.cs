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
        var head = graph.Input("head", type, "vocab", config.HiddenSize);
        var cap = config.LogitCap;
        var product = graph.Node("FusedMatMul", OnnxGraph.Microsoft, [normed, head], OnnxAttribute.Of("transB", 1L),
            OnnxAttribute.Of("alpha", (float)(config.LogitScale / (cap ?? 1))));
        if (cap is { } most)
            graph.Node("Mul", "", [graph.Node("Tanh", "", [graph.Cast(product, OnnxType.Float)]), graph.Initializer<float>("cap", [(float)most])], ["logits"]);
        else
            graph.Node("Cast", "", [product], ["logits"], OnnxAttribute.Of("to", (long)OnnxType.Float));
        graph.Output("logits", OnnxType.Float, "rows", "vocab");
        return graph;
    }
}
