using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Forward;

/// <summary>Which optional weights an attention block has, whether it rotates, and whether it sees a window only. Each combination in use has a graph of
/// its own; head counts and lengths of windows need none.</summary>
internal readonly record struct AttentionVariant(
    bool QueryBias, bool KeyBias, bool ValueBias, bool OutputBias, bool QueryNorm, bool KeyNorm, bool Rotates, bool Windowed)
{
    public static AttentionVariant Of(AttentionWeights weights) => new(
        weights.QueryBias is not null,
        weights.KeyBias is not null,
        weights.ValueBias is not null,
        weights.OutputBias is not null,
        weights.QueryNorm is not null,
        weights.KeyNorm is not null,
        !weights.Kind.Unrotated,
        weights.Kind.Window > 0);

    /// <summary>y = x + r·o_proj(attention(rotate(q), rotate(k), v)) with q, k, v from norm(x), and norms where the model has them. Also gives "inputs", what
    /// enters o_proj.</summary>
    /// <remarks>Head counts follow from the projections' rows: reshaping to [windows, tokens, -1, headDim] and moving heads forward gives
    /// the 4-D form of Attention, which takes them from its inputs' shapes.</remarks>
    public OnnxGraph Graph(ModelConfig config)
    {
        long hidden = config.HiddenSize;
        long headDim = config.HeadDim;
        var graph = new OnnxGraph("attention");
        var x = graph.Input("x", OnnxType.Float, "windows", "tokens", hidden);
        var normed = graph.Read(config, x);
        string[] turn = !Rotates ? [] :
        [
            graph.Input("cos", OnnxType.Float, "positions", config.RotaryWidth / 2),
            graph.Input("sin", OnnxType.Float, "positions", config.RotaryWidth / 2),
            graph.Input("positions", OnnxType.Int64, "windows", "tokens"),
        ];
        var split = graph.Initializer<long>("split", [0, 0, -1, headDim], 4);
        var merge = graph.Initializer<long>("merge", [0, 0, -1], 3);

        string Heads(string role, string width, bool bias, bool norm)
        {
            var projected = graph.Linear(normed, role, width, hidden, bias);
            if (norm && config.QkNormAcrossHeads)
                projected = graph.RmsNorm(projected, graph.Input($"{role}_norm", OnnxType.Float, width), config.RmsNormEps);
            var heads = graph.Node("Reshape", "", [projected, split]);
            if (norm && !config.QkNormAcrossHeads)
                heads = graph.RmsNorm(heads, graph.Input($"{role}_norm", OnnxType.Float, headDim), config.RmsNormEps);
            return graph.Node("Transpose", "", [heads], OnnxAttribute.Of("perm", [0L, 2, 1, 3]));
        }

        string Rotate(string heads) => turn.Length == 0 ? heads : config.RotaryWidth == headDim
            ? graph.Node("RotaryEmbedding", "", [heads, .. turn])
            : graph.Node("RotaryEmbedding", "", [heads, .. turn], OnnxAttribute.Of("rotary_embedding_dim", (long)config.RotaryWidth));

        var query = Rotate(Heads("query", "query_width", QueryBias, QueryNorm));
        var key = Rotate(Heads("key", "kv_width", KeyBias, KeyNorm));
        var value = Heads("value", "kv_width", ValueBias, norm: false);
        var mask = Windowed || config.ScoreCap is not null ? graph.Input("mask", OnnxType.Float, "tokens", "tokens") : "";
        var mixed = config.ScoreCap is { } cap
            ? graph.Attend(query, key, value, mask, config.QueryScale, cap, headDim)
            : graph.Node("Attention", "", Windowed ? [query, key, value, mask] : [query, key, value],
                OnnxAttribute.Of("is_causal", 1), OnnxAttribute.Of("scale", (float)config.QueryScale));
        var tokensFirst = graph.Node("Transpose", "", [mixed], OnnxAttribute.Of("perm", [0L, 2, 1, 3]));
        graph.Node("Reshape", "", [tokensFirst, merge], ["inputs"]);
        graph.Output("inputs", OnnxType.Float, "windows", "tokens", "query_width");
        graph.AddTo(config, x, graph.Linear("inputs", "output", hidden, "query_width", OutputBias), "y");
        graph.Output("y", OnnxType.Float, "windows", "tokens", hidden);
        return graph;
    }
}
