using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;

namespace ForgePrune.Onnx.Export;

/// <summary>Builds the whole decoder as one graph with KV cache, layer after layer; the weights go to the data file as they come.</summary>
/// <remarks>The residual stream is carried as (sum so far, last block's output): the next norm adds the two (and that block's bias) in the
/// same pass, so no block pays for its own addition.</remarks>
internal sealed class DecoderGraphBuilder
{
    private readonly ModelConfig config;
    private readonly OnnxGraph graph = new("decoder", opset: 21, irVersion: 10);
    private readonly ConstantStore constants;
    private readonly ExportLayout layout;
    private string residual = "";
    private string? delta;
    private string? deltaBias;
    private string lastKeys = "", totalLength = "", cosines = "", sines = "";

    public DecoderGraphBuilder(ModelConfig config, ExternalData data, ExportLayout layout)
    {
        (this.config, this.layout) = (config, layout);
        constants = new ConstantStore(graph, data);
    }

    public byte[] ToBytes() => graph.ToBytes();

    /// <summary>Inputs, embedding, and what every attention block shares.</summary>
    public void Begin(Matrix embedding)
    {
        var ids = graph.Input("input_ids", OnnxType.Int64, "batch", "sequence");
        var mask = graph.Input("attention_mask", OnnxType.Int64, "batch", "total");
        var table = constants.Weight("embed_tokens", embedding.Values, embedding.Rows, embedding.Cols);
        residual = graph.Node("Gather", "", [table, ids]);
        if (config.Layers.Any(layer => layer.HasAttention))
            BeginAttention(mask);
    }

    private void BeginAttention(string mask)
    {
        // seqlens_k: index of the last valid key of each row; total_sequence_length: a scalar. Both as GroupQueryAttention wants them.
        var counts = graph.Node("ReduceSum", "", [mask, constants.Shape(1)], OnnxAttribute.Of("keepdims", 0L));
        var one = constants.Shape(1);
        lastKeys = graph.Node("Cast", "", [graph.Node("Sub", "", [counts, one])], OnnxAttribute.Of("to", (long)OnnxType.Int32));
        var index = graph.Initializer<long>("axis.total", [1L]);
        var total = graph.Node("Gather", "", [graph.Node("Shape", "", [mask]), index]);
        totalLength = graph.Node("Cast", "", [total], OnnxAttribute.Of("to", (long)OnnxType.Int32));
        cosines = constants.Weight("rotary.cos", RotaryTable.Table(config, Math.Cos), config.MaxPositions, config.HeadDim / 2);
        sines = constants.Weight("rotary.sin", RotaryTable.Table(config, Math.Sin), config.MaxPositions, config.HeadDim / 2);
    }

    public void Layer(int index, LayerWeights weights)
    {
        if (weights.Attention is { } attention)
            Attention(index, attention, Norm($"layers.{index}.input_norm", weights.AttentionNorm));
        if (weights.Mlp is { } mlp)
            Mlp(index, mlp, Norm($"layers.{index}.mlp_norm", weights.MlpNorm));
    }

    /// <summary>Final norm and output head. A tied head multiplies by the embedding itself, which is stored once.</summary>
    public void End(float[] finalNorm, Matrix? head)
    {
        var x = Norm("final_norm", finalNorm);
        if (layout.LastLogitsOnly)
        {
            var last = graph.Initializer<long>("index.last", [-1L], 1);
            x = graph.Node("Gather", "", [x, last], OnnxAttribute.Of("axis", 1L));
        }
        if (head is null)
            graph.Node("FusedMatMul", OnnxGraph.Microsoft, [x, "embed_tokens"], ["logits"], OnnxAttribute.Of("transB", 1L));
        else
            graph.Node("MatMul", "", [x, constants.Transposed("lm_head", head)], ["logits"]);
        graph.Output("logits", OnnxType.Float, "batch", layout.LastLogitsOnly ? 1 : "sequence", config.VocabSize);
    }

    private void Attention(int index, AttentionWeights weights, string x)
    {
        var (queryWidth, kvWidth) = (weights.QueryHeads * config.HeadDim, weights.KvHeads * config.HeadDim);
        var name = $"layers.{index}.attention";
        string query, key = "", value = "";
        if (layout.PackQkv && weights.QueryNorm is null)
        {
            query = graph.Node("MatMul", "", [x, constants.Transposed(name + ".qkv", weights.Query, weights.Key, weights.Value)]);
            if (weights.QueryBias is not null || weights.KeyBias is not null || weights.ValueBias is not null)
            {
                float[] bias = [.. weights.QueryBias ?? new float[queryWidth], .. weights.KeyBias ?? new float[kvWidth], .. weights.ValueBias ?? new float[kvWidth]];
                query = AddBias(query, name + ".qkv.bias", bias);
            }
        }
        else
        {
            query = HeadNorm(Project(x, name + ".q", weights.Query, weights.QueryBias), name + ".q_norm", weights.QueryNorm, weights.QueryHeads);
            key = HeadNorm(Project(x, name + ".k", weights.Key, weights.KeyBias), name + ".k_norm", weights.KeyNorm, weights.KvHeads);
            value = Project(x, name + ".v", weights.Value, weights.ValueBias);
        }
        var pastKey = graph.Input(CacheNames.PastKey(index), OnnxType.Float, "batch", weights.KvHeads, "past", config.HeadDim);
        var pastValue = graph.Input(CacheNames.PastValue(index), OnnxType.Float, "batch", weights.KvHeads, "past", config.HeadDim);
        graph.Output(CacheNames.PresentKey(index), OnnxType.Float, "batch", weights.KvHeads, "total", config.HeadDim);
        graph.Output(CacheNames.PresentValue(index), OnnxType.Float, "batch", weights.KvHeads, "total", config.HeadDim);
        graph.Node(
            "GroupQueryAttention",
            OnnxGraph.Microsoft,
            [query, key, value, pastKey, pastValue, lastKeys, totalLength, cosines, sines],
            [name, CacheNames.PresentKey(index), CacheNames.PresentValue(index)],
            OnnxAttribute.Of("num_heads", (long)weights.QueryHeads),
            OnnxAttribute.Of("kv_num_heads", (long)weights.KvHeads),
            OnnxAttribute.Of("scale", (float)(1 / Math.Sqrt(config.HeadDim))),
            OnnxAttribute.Of("do_rotary", 1L));
        delta = graph.Node("MatMul", "", [name, constants.Transposed(name + ".o", weights.Output)]);
        deltaBias = constants.Bias(name + ".o.bias", weights.OutputBias);
    }

    private void Mlp(int index, MlpWeights weights, string x)
    {
        var name = $"layers.{index}.mlp";
        string gate, up;
        if (layout.PackGateUp && weights.GateBias is null && weights.UpBias is null)
        {
            var both = graph.Node("MatMul", "", [x, constants.Transposed(name + ".gate_up", weights.Gate, weights.Up)]);
            (gate, up) = (name + ".gate_part", name + ".up_part");
            graph.Node("Split", "", [both, constants.Shape(weights.Ffn, weights.Ffn)], [gate, up], OnnxAttribute.Of("axis", -1L));
        }
        else
        {
            gate = Project(x, name + ".gate", weights.Gate, weights.GateBias);
            up = Project(x, name + ".up", weights.Up, weights.UpBias);
        }
        // silu(x) = x·sigmoid(x) = QuickGelu with alpha 1, in one pass.
        var active = graph.Node("QuickGelu", OnnxGraph.Microsoft, [gate], OnnxAttribute.Of("alpha", 1f));
        delta = graph.Node("MatMul", "", [graph.Node("Mul", "", [active, up]), constants.Transposed(name + ".down", weights.Down)]);
        deltaBias = constants.Bias(name + ".down.bias", weights.DownBias);
    }

    private string Project(string x, string name, Matrix weights, float[]? bias) =>
        AddBias(graph.Node("MatMul", "", [x, constants.Transposed(name, weights)]), name + ".bias", bias);

    private string AddBias(string x, string name, float[]? bias) =>
        bias is null ? x : graph.Node("Add", "", [x, constants.Weight(name, bias, bias.Length)]);

    /// <summary>RMSNorm of the residual stream, to which the last block's output is added on the way.</summary>
    private string Norm(string name, float[] weight)
    {
        var gamma = constants.Weight(name, weight, weight.Length);
        var epsilon = OnnxAttribute.Of("epsilon", (float)config.RmsNormEps);
        if (delta is null)
            return graph.Node("SimplifiedLayerNormalization", "", [residual, gamma], OnnxAttribute.Of("axis", -1L), epsilon);
        string[] inputs = deltaBias is null ? [residual, delta, gamma] : [residual, delta, gamma, deltaBias];
        graph.Node("SkipSimplifiedLayerNormalization", OnnxGraph.Microsoft, inputs, [name + ".out", "", "", name + ".sum"], epsilon);
        (residual, delta, deltaBias) = (name + ".sum", null, null);
        return name + ".out";
    }

    /// <summary>Qwen3: RMSNorm over each head. Written out, because GroupQueryAttention's own q/k norm exists on GPUs only.</summary>
    private string HeadNorm(string x, string name, float[]? weight, int heads)
    {
        if (weight is null)
            return x;
        var apart = graph.Node("Reshape", "", [x, constants.Shape(0, 0, heads, config.HeadDim)]);
        var normed = graph.Node("SimplifiedLayerNormalization", "", [apart, constants.Weight(name, weight, weight.Length)],
            OnnxAttribute.Of("axis", -1L), OnnxAttribute.Of("epsilon", (float)config.RmsNormEps));
        return graph.Node("Reshape", "", [normed, constants.Shape(0, 0, heads * config.HeadDim)]);
    }
}
