using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Export;

/// <summary>A block of experts as ONNX Runtime's operator MoE, which computes for every token only the experts that it passes. The operator takes the router's
/// logits, makes a softmax over all experts, and divides the largest k by their sum.</summary>
internal static class ExpertNodes
{
    /// <returns>The name of the output, of the shape of <paramref name="x"/>.</returns>
    public static string Of(OnnxGraph graph, ConstantStore constants, string name, string x, MlpWeights weights)
    {
        var (kind, experts, hidden) = (weights.Kind, weights.Kind.Experts(weights.Ffn), weights.Down.Rows);
        var logits = graph.Node("MatMul", "", [x, constants.Transposed(name + ".router", weights.Router!)]);
        // The operator takes rows of logits, whatever the shape of its input.
        var rows = graph.Node("Reshape", "", [logits, constants.Shape(-1, experts)]);
        // Its SwiGLU wants gate and up of a channel beside each other: α = 1 makes the sigmoid SiLU's, β = 0 adds nothing to up, and no limit is set.
        var both = constants.Floats(name + ".gate_up", Interleaved(weights), experts, 2 * kind.ExpertWidth, hidden);
        var down = constants.Floats(name + ".down", Enumerable.Range(0, experts)
            .Select(expert => ExpertWeights.Columns(weights.Down, expert, kind.ExpertWidth)!.Values), experts, hidden, kind.ExpertWidth);
        var mixed = graph.Node("MoE", OnnxGraph.Microsoft, [x, rows, both, "", down],
            OnnxAttribute.Of("k", (long)kind.PerToken), OnnxAttribute.Of("activation_type", "swiglu"), OnnxAttribute.Of("swiglu_fusion", 1L),
            OnnxAttribute.Of("activation_alpha", 1f), OnnxAttribute.Of("activation_beta", 0f), OnnxAttribute.Of("normalize_routing_weights", 1L));
        return kind.Normalized ? mixed : graph.Node("Mul", "", [mixed, Sum(graph, constants, name, logits, kind.PerToken)]);
    }

    /// <summary>What the operator divided by, to multiply it back where a model does not divide: without normalize_routing_weights, the CPU kernel of ONNX
    /// Runtime 1.31.1 gives other weights than the softmax.</summary>
    private static string Sum(OnnxGraph graph, ConstantStore constants, string name, string logits, int perToken)
    {
        var all = graph.Node("Softmax", "", [logits], OnnxAttribute.Of("axis", -1L));
        graph.Node("TopK", "", [all, constants.Shape(perToken)], [name + ".shares", name + ".chosen"], OnnxAttribute.Of("axis", -1L));
        return graph.Node("ReduceSum", "", [name + ".shares", constants.Shape(-1)], OnnxAttribute.Of("keepdims", 1L));
    }

    private static IEnumerable<float[]> Interleaved(MlpWeights weights)
    {
        var hidden = weights.Gate.Cols;
        for (var channel = 0; channel < weights.Ffn; channel++)
        {
            yield return weights.Gate.Values.AsSpan(channel * hidden, hidden).ToArray();
            yield return weights.Up.Values.AsSpan(channel * hidden, hidden).ToArray();
        }
    }
}
