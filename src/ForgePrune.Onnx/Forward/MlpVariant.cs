using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Forward;

/// <summary>Which biases an MLP block has. Each combination in use has a graph of its own; widths need none.</summary>
internal readonly record struct MlpVariant(bool GateBias, bool UpBias, bool DownBias)
{
    public static MlpVariant Of(MlpWeights weights) => new(weights.GateBias is not null, weights.UpBias is not null, weights.DownBias is not null);

    /// <summary>y = x + r·down(a(gate(n)) ∘ up(n)) with n = norm(x), norms where the model has them. Also gives "inputs", what enters down_proj.</summary>
    public OnnxGraph Graph(ModelConfig config)
    {
        long hidden = config.HiddenSize;
        var graph = new OnnxGraph("mlp");
        var x = graph.Input("x", OnnxType.Float, "windows", "tokens", hidden);
        var normed = graph.Read(config, x);
        var gate = graph.Linear(normed, "gate", "ffn", hidden, GateBias);
        var up = graph.Linear(normed, "up", "ffn", hidden, UpBias);
        graph.Gated(config.Activation, gate, up, "inputs");
        graph.Output("inputs", OnnxType.Float, "windows", "tokens", "ffn");
        graph.AddTo(config, x, graph.Linear("inputs", "down", hidden, "ffn", DownBias), "y");
        graph.Output("y", OnnxType.Float, "windows", "tokens", hidden);
        return graph;
    }
}
