using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Forward;

/// <summary>What the block graphs are made of, with weights as graph inputs.</summary>
internal static class BlockNodes
{
    /// <summary>Root-mean-square norm over the last dimension, times <paramref name="weight"/>.</summary>
    public static string RmsNorm(this OnnxGraph graph, string x, string weight, double eps) =>
        graph.Node("RMSNormalization", "", [x, weight], OnnxAttribute.Of("axis", -1), OnnxAttribute.Of("epsilon", (float)eps));

    /// <summary>x · Wᵀ (+ bias) with the weight input named <paramref name="role"/> (out × in), as checkpoints store it.</summary>
    public static string Linear(this OnnxGraph graph, string x, string role, OnnxDim outputs, OnnxDim inputs, bool bias)
    {
        var weight = graph.Input(role, OnnxType.Float, outputs, inputs);
        var product = graph.Node("FusedMatMul", OnnxGraph.Microsoft, [x, weight], OnnxAttribute.Of("transB", 1));
        return bias ? graph.Node("Add", "", [product, graph.Input($"{role}_bias", OnnxType.Float, outputs)]) : product;
    }

    /// <summary>result = x + scale·added.</summary>
    public static void AddTo(this OnnxGraph graph, string x, string added, double scale, string result) =>
        graph.Node("Add", "", [x, graph.Scaled(added, scale)], [result]);

    /// <summary>scale·x; x itself where the scale is one.</summary>
    public static string Scaled(this OnnxGraph graph, string x, double scale) =>
        scale == 1 ? x : graph.Node("Mul", "", [x, graph.Initializer<float>($"{x}.scale", [(float)scale])]);

    /// <summary>logits = s · head · norm(x).</summary>
    public static OnnxGraph HeadGraph(ModelConfig config)
    {
        var graph = new OnnxGraph("head");
        var x = graph.Input("x", OnnxType.Float, "rows", config.HiddenSize);
        var normed = graph.RmsNorm(x, graph.Input("norm", OnnxType.Float, config.HiddenSize), config.RmsNormEps);
        var head = graph.Input("head", OnnxType.Float, "vocab", config.HiddenSize);
        graph.Node("FusedMatMul", OnnxGraph.Microsoft, [normed, head], ["logits"], OnnxAttribute.Of("transB", 1),
            OnnxAttribute.Of("alpha", (float)config.LogitScale));
        graph.Output("logits", OnnxType.Float, "rows", "vocab");
        return graph;
    }
}
