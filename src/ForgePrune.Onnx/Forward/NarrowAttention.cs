using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Forward;

/// <summary>An attention block in a type of two bytes: <see cref="AttentionVariant"/>, and the numbers of heads, which the operator has as attributes. Each
/// combination in use has a graph of its own.</summary>
internal readonly record struct NarrowAttention(AttentionVariant Variant, int KvHeads, int QueryHeads, int Window, BlockPlace Place)
{
    public static NarrowAttention Of(AttentionWeights weights, BlockPlace place) =>
        new(AttentionVariant.Of(weights), weights.KvHeads, weights.QueryHeads, weights.Kind.Window, place);

    /// <summary>Whether queries and keys are turned before attention, which turns only some widths itself.</summary>
    public bool TurnsApart(ModelConfig config) => Variant.Rotates && RotaryNodes.Apart(config);

    /// <summary>As <see cref="AttentionVariant.Graph"/>. Also gives "beyond": what is too large in queries, keys, and the output of o_proj.</summary>
    /// <remarks>A value or a mixture beyond the type is infinite, and makes its row of o_proj's output infinite or NaN. A query or a key need not: where all
    /// scores of a row are −∞, kernels may give zeros.</remarks>
    public OnnxGraph Graph(ModelConfig config)
    {
        var (type, variant, apart) = (Place.ElementType, Variant, TurnsApart(config));
        long hidden = config.HiddenSize, headDim = config.HeadDim, queryWidth = QueryHeads * headDim, kvWidth = KvHeads * headDim;
        var graph = NarrowNodes.Graph("attention");
        var x = graph.Input("x", OnnxType.Float, "windows", "tokens", hidden);
        var read = graph.ReadNarrow(config, x, type);
        string[] tables = !variant.Rotates ? [] :
            [graph.Input("cos", type, "positions", config.RotaryWidth / 2), graph.Input("sin", type, "positions", config.RotaryWidth / 2)];
        var positions = apart ? graph.Input("positions", OnnxType.Int64, "windows", "tokens") : "";

        var query = Turn(Heads("query", QueryHeads, variant.QueryBias, variant.QueryNorm), QueryHeads);
        var key = Turn(Heads("key", KvHeads, variant.KeyBias, variant.KeyNorm), KvHeads);
        var value = graph.NarrowLinear(read, "value", kvWidth, hidden, variant.ValueBias, type);
        graph.Node("GroupQueryAttention", OnnxGraph.Microsoft,
            [
                query, key, value, "", "", graph.Input("last_keys", OnnxType.Int32, "windows"), graph.Input("total", OnnxType.Int32),
                .. apart ? [] : tables,
            ],
            ["inputs", "present_key", "present_value"],
            [
                OnnxAttribute.Of("num_heads", (long)QueryHeads),
                OnnxAttribute.Of("kv_num_heads", (long)KvHeads),
                OnnxAttribute.Of("scale", (float)config.QueryScale),
                OnnxAttribute.Of("do_rotary", apart || !variant.Rotates ? 0L : 1L),
                .. config.ScoreCap is { } cap ? (OnnxAttribute[])[OnnxAttribute.Of("softcap", (float)cap)] : [],
                .. Window > 0 ? (OnnxAttribute[])[OnnxAttribute.Of("local_window_size", (long)Window)] : [],
            ]);
        graph.Output("inputs", type, "windows", "tokens", queryWidth);
        var added = graph.Cast(graph.NarrowLinear("inputs", "output", hidden, queryWidth, variant.OutputBias, type), OnnxType.Float);
        graph.AddWide(config, x, added);
        var turned = Place.Largest / Turning(config, apart);
        graph.OutputBeyond(graph.Beyond(query, queryWidth, turned), graph.Beyond(key, kvWidth, turned), graph.Beyond(added, hidden, Place.Largest));
        return graph;

        string Heads(string role, int heads, bool bias, bool norm)
        {
            var width = heads * headDim;
            var projected = graph.NarrowLinear(read, role, width, hidden, bias, type);
            if (!norm)
                return projected;
            var wide = graph.Cast(projected, OnnxType.Float);
            if (config.QkNormAcrossHeads)
                return graph.Cast(graph.WideNorm(wide, $"{role}_norm", width, config.RmsNormEps), type);
            var split = graph.Node("Reshape", "", [wide, graph.Initializer<long>($"{role}.split", [0, 0, heads, headDim], 4)]);
            var normed = graph.WideNorm(split, $"{role}_norm", headDim, config.RmsNormEps);
            return graph.Cast(graph.Node("Reshape", "", [normed, graph.Initializer<long>($"{role}.merge", [0, 0, width], 3)]), type);
        }

        string Turn(string heads, int count) => !apart ? heads : graph.Node("RotaryEmbedding", OnnxGraph.Microsoft, [heads, positions, .. tables],
            OnnxAttribute.Of("num_heads", (long)count), OnnxAttribute.Of("rotary_embedding_dim", config.RotaryWidth == headDim ? 0L : config.RotaryWidth));
    }

    /// <summary>How much longer a value may become when attention turns it: a pair's length is at most √2 times its larger value.</summary>
    private double Turning(ModelConfig config, bool apart) =>
        apart || !Variant.Rotates ? 1 : Math.Sqrt(2) * Math.Max(1, config.RopeScaling?.Attention ?? 1);
}
