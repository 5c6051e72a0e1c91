using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Forward;

/// <summary>Which biases an MLP block has. Each combination in use has a graph of its own; widths need none.</summary>
internal readonly record struct MlpVariant(bool GateBias, bool UpBias, bool DownBias)
{
    public static MlpVariant Of(MlpWeights weights) =>
        new(weights.GateBias is not null, weights.UpBias is not null, weights.DownBias is not null);

    /// <summary>y = x + r·down(silu(gate(n)) ∘ up(n)) with n = norm(x). Also gives "inputs", what enters down_proj.</summary>
    public OnnxGraph Graph(ModelConfig config)
    {
        long hidden = config.HiddenSize;
        var graph = new OnnxGraph("mlp");
        var x = graph.Input("x", OnnxType.Float, "windows", "tokens", hidden);
        var normed = graph.RmsNorm(x, graph.Input("norm", OnnxType.Float, hidden), config.RmsNormEps);
        var gate = graph.Linear(normed, "gate", "ffn", hidden, GateBias);
        var up = graph.Linear(normed, "up", "ffn", hidden, UpBias);
        var silu = graph.Node("Mul", "", [gate, graph.Node("Sigmoid", "", [gate])]);
        graph.Node("Mul", "", [silu, up], ["inputs"]);
        graph.Output("inputs", OnnxType.Float, "windows", "tokens", "ffn");
        graph.AddTo(x, graph.Linear("inputs", "down", hidden, "ffn", DownBias), config.ResidualScale, "y");
        graph.Output("y", OnnxType.Float, "windows", "tokens", hidden);
        return graph;
    }
}
