using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Forward;

/// <summary>Attention whose scores are bounded, c·tanh(s/c), before the mask is added. Written out: a mask that is added first, as versions of the standard
/// operator have it, would be bounded too, and what lies ahead would be seen.</summary>
internal static class BoundedAttention
{
    /// <summary>softmax(c·tanh(s·q·kᵀ/c) + mask)·v, of the shape of q.</summary>
    /// <param name="query">windows × queryHeads × tokens × headDim.</param>
    /// <param name="key">windows × kvHeads × tokens × headDim; <paramref name="value"/> too.</param>
    /// <param name="mask">tokens × tokens.</param>
    public static string Attend(this OnnxGraph graph, string query, string key, string value, string mask, double scale, double cap, long headDim)
    {
        string zero = graph.Initializer<long>("copied", [0L], 1), rest = graph.Initializer<long>("rest", [-1L], 1),
            width = graph.Initializer<long>("width", [headDim], 1);
        var shape = graph.Node("Shape", "", [key]);
        string groups = graph.Node("Gather", "", [shape, graph.Initializer<long>("axis.groups", [1L], 1)]),
            tokens = graph.Node("Gather", "", [shape, graph.Initializer<long>("axis.tokens", [2L], 1)]);
        string Reshaped(string x, params string[] dims) =>
            graph.Node("Reshape", "", [x, graph.Node("Concat", "", dims, OnnxAttribute.Of("axis", 0L))]);

        // The queries of a group one below the other, so that a product with its keys needs no copies of them.
        var stacked = Reshaped(query, zero, groups, rest, width);
        var scores = graph.Node("MatMul", "", [stacked, graph.Node("Transpose", "", [key], OnnxAttribute.Of("perm", [0L, 1, 3, 2]))]);
        var shares = graph.Node("Tanh", "", [graph.Node("Mul", "", [scores, graph.Initializer<float>("scores.factor", [(float)(scale / cap)])])]);
        var bounded = graph.Node("Mul", "", [shares, graph.Initializer<float>("scores.cap", [(float)cap])]);
        var masked = graph.Node("Add", "", [Reshaped(bounded, zero, zero, rest, tokens, tokens), mask]);
        var weights = Reshaped(graph.Node("Softmax", "", [masked], OnnxAttribute.Of("axis", -1L)), zero, zero, rest, tokens);
        return Reshaped(graph.Node("MatMul", "", [weights, value]), zero, rest, tokens, width);
    }
}
