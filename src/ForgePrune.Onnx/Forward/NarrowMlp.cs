using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Forward;

/// <summary>An MLP block in a type of two bytes: which biases it has. Widths need no graph of their own.</summary>
internal readonly record struct NarrowMlp(bool GateBias, bool UpBias, bool DownBias, BlockPlace Place)
{
    public static NarrowMlp Of(MlpWeights weights, BlockPlace place) =>
        new(weights.GateBias is not null, weights.UpBias is not null, weights.DownBias is not null, place);

    /// <summary>As <see cref="MlpVariant.Graph"/>. Also gives "beyond": what is too large in the output of down_proj.</summary>
    /// <remarks>Anything before it that is beyond the type is infinite: a gate or up_proj makes its channel infinite or NaN, and such a channel every output
    /// of its row, since infinity times zero is NaN too.</remarks>
    public OnnxGraph Graph(ModelConfig config)
    {
        var type = Place.ElementType;
        long hidden = config.HiddenSize;
        var graph = NarrowNodes.Graph("mlp");
        var x = graph.Input("x", OnnxType.Float, "windows", "tokens", hidden);
        var read = graph.ReadNarrow(config, x, type);
        var gate = graph.NarrowLinear(read, "gate", "ffn", hidden, GateBias, type);
        var up = graph.NarrowLinear(read, "up", "ffn", hidden, UpBias, type);
        // silu(x) = x·sigmoid(x) = QuickGelu with alpha 1, rounded once.
        var active = config.Activation == GateActivation.GeluTanh ? graph.Node("FastGelu", OnnxGraph.Microsoft, [gate])
            : graph.Node("QuickGelu", OnnxGraph.Microsoft, [gate], OnnxAttribute.Of("alpha", 1f));
        graph.Node("Mul", "", [active, up], ["inputs"]);
        graph.Output("inputs", type, "windows", "tokens", "ffn");
        var added = graph.Cast(graph.NarrowLinear("inputs", "down", hidden, "ffn", DownBias, type), OnnxType.Float);
        graph.AddWide(config, x, added);
        graph.OutputBeyond(graph.Beyond(added, hidden, Place.Largest));
        return graph;
    }
}
