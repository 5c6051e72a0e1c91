using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Forward;

/// <summary>Which biases an MLP block has, and how it weighs experts where it has any. Each combination in use has a graph of its own; widths and numbers of
/// experts need none.</summary>
internal readonly record struct MlpVariant(bool GateBias, bool UpBias, bool DownBias, MlpKind Kind, bool RouterBias)
{
    public static MlpVariant Of(MlpWeights weights) =>
        new(weights.GateBias is not null, weights.UpBias is not null, weights.DownBias is not null, weights.Kind.Narrowed(1), weights.RouterBias is not null);

    /// <summary>y = x + r·down(w ∘ a(gate(n)) ∘ up(n)) with n = norm(x), norms where the model has them, and w the weights of experts where there are any.
    /// Also gives "inputs", what enters down_proj.</summary>
    /// <remarks>All experts are computed for every token, and those that the router did not choose are multiplied by zero: simple and exact, and as slow as
    /// a dense block of as many channels.</remarks>
    public OnnxGraph Graph(ModelConfig config)
    {
        long hidden = config.HiddenSize;
        var graph = new OnnxGraph("mlp");
        var x = graph.Input("x", OnnxType.Float, "windows", "tokens", hidden);
        var normed = graph.Read(config, x);
        var gate = graph.Linear(normed, "gate", "ffn", hidden, GateBias);
        var up = graph.Linear(normed, "up", "ffn", hidden, UpBias);
        graph.Gated(config.Activation, gate, up, Kind.IsRouted ? "gated" : "inputs");
        if (Kind.IsRouted)
            Weigh(graph, "gated", ExpertShares(graph, normed, hidden));
        graph.Output("inputs", OnnxType.Float, "windows", "tokens", "ffn");
        graph.AddTo(config, x, graph.Linear("inputs", "down", hidden, "ffn", DownBias), "y");
        graph.Output("y", OnnxType.Float, "windows", "tokens", hidden);
        return graph;
    }

    /// <summary>windows × tokens × experts: the router's weight of each expert that a token passes, and zero of the others.</summary>
    private string ExpertShares(OnnxGraph graph, string normed, long hidden)
    {
        var logits = graph.Linear(normed, "router", "experts", hidden, RouterBias);
        var all = graph.Node("Softmax", "", [logits], OnnxAttribute.Of("axis", -1));
        graph.Node("TopK", "", [all, graph.Initializer<long>("top", [Kind.PerToken], 1)], ["shares", "chosen"], OnnxAttribute.Of("axis", -1));
        var shares = Kind.Normalized
            ? graph.Node("Div", "", ["shares", graph.Node("ReduceSum", "", ["shares", graph.Initializer<long>("last", [-1], 1)])])
            : "shares";
        return graph.Node("ScatterElements", "", [graph.Node("Sub", "", [all, all]), "chosen", shares], OnnxAttribute.Of("axis", -1));
    }

    private void Weigh(OnnxGraph graph, string units, string shares)
    {
        var sizes = graph.Node("Concat", "", [graph.Node("Shape", "", [shares]), graph.Initializer<long>("rest", [-1], 1)], OnnxAttribute.Of("axis", 0L));
        var apart = graph.Node("Reshape", "", [units, sizes]);
        var each = graph.Node("Unsqueeze", "", [shares, graph.Initializer<long>("end", [-1], 1)]);
        graph.Node("Reshape", "", [graph.Node("Mul", "", [apart, each]), graph.Initializer<long>("together", [0, 0, -1], 3)], ["inputs"]);
    }
}
