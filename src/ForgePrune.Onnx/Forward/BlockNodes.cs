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

    /// <summary>What a block reads of the residual stream: its norm where the model has one there.</summary>
    public static string Read(this OnnxGraph graph, ModelConfig config, string x) => config.NormsBefore
        ? graph.RmsNorm(x, graph.Input("norm", OnnxType.Float, config.HiddenSize), config.RmsNormEps) : x;

    /// <summary>a(gate) ∘ up with the activation of the model. FastGelu is GELU in its approximation by tanh.</summary>
    public static void Gated(this OnnxGraph graph, GateActivation activation, string gate, string up, string result) => graph.Node("Mul", "",
    [
        activation == GateActivation.GeluTanh ? graph.Node("FastGelu", OnnxGraph.Microsoft, [gate])
            : graph.Node("Mul", "", [gate, graph.Node("Sigmoid", "", [gate])]),
        up,
    ], [result]);

    /// <summary>result = x + r·added, or x + r·norm(added) where the model has a norm there.</summary>
    public static void AddTo(this OnnxGraph graph, ModelConfig config, string x, string added, string result)
    {
        if (config.NormsBehind)
            added = graph.RmsNorm(added, graph.Input("post_norm", OnnxType.Float, config.HiddenSize), config.RmsNormEps);
        graph.Node("Add", "", [x, graph.Scaled(added, config.ResidualScale)], [result]);
    }

    /// <summary>scale·x; x itself where the scale is one.</summary>
    public static string Scaled(this OnnxGraph graph, string x, double scale) =>
        scale == 1 ? x : graph.Node("Mul", "", [x, graph.Initializer<float>($"{x}.scale", [(float)scale])]);

    /// <summary>logits = s · head · norm(x), or c·tanh of that over c where the model bounds them by c.</summary>
    public static OnnxGraph HeadGraph(ModelConfig config)
    {
        var graph = new OnnxGraph("head");
        var x = graph.Input("x", OnnxType.Float, "rows", config.HiddenSize);
        var normed = graph.RmsNorm(x, graph.Input("norm", OnnxType.Float, config.HiddenSize), config.RmsNormEps);
        var head = graph.Input("head", OnnxType.Float, "vocab", config.HiddenSize);
        var cap = config.LogitCap;
        var product = cap is null ? "logits" : "product";
        graph.Node("FusedMatMul", OnnxGraph.Microsoft, [normed, head], [product], OnnxAttribute.Of("transB", 1),
            OnnxAttribute.Of("alpha", (float)(config.LogitScale / (cap ?? 1))));
        if (cap is { } most)
            graph.Node("Mul", "", [graph.Node("Tanh", "", [product]), graph.Initializer<float>("cap", [(float)most])], ["logits"]);
        graph.Output("logits", OnnxType.Float, "rows", "vocab");
        return graph;
    }
}
