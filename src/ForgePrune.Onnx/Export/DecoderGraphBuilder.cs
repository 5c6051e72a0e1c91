using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Quantization;

namespace ForgePrune.Onnx.Export;

/// <summary>Builds the whole decoder as one graph with KV cache, layer after layer; the weights go to the data file as they come.</summary>
/// <remarks>The residual stream is carried as (sum so far, last block's output): the next norm adds the two (and that block's bias) in the
/// same pass, so no block pays for its own addition.</remarks>
internal sealed class DecoderGraphBuilder
{
    private const string Head = "lm_head", Ids = "input_ids", Mask = "attention_mask", Logits = "logits";

    private readonly ModelConfig config;
    private readonly OnnxGraph graph = new("decoder", opset: 21, irVersion: 10);
    private readonly ConstantStore constants;
    private readonly StoredProjections projections;
    private readonly bool lastLogitsOnly;
    private readonly OnnxType type;
    private string residual = "";
    private string? delta;
    private string? deltaBias;
    private string lastKeys = "", totalLength = "";
    private RotaryNodes? rotary;

    /// <param name="accuracyLevel">Of products with quantised weights, where their operator has one.</param>
    public DecoderGraphBuilder(ModelConfig config, ExternalData data, OnnxExportOptions options, long accuracyLevel = AccuracyLevel.Fast)
    {
        (this.config, lastLogitsOnly, type) = (config, options.Logits == OnnxLogits.Last, options.ElementType);
        constants = new ConstantStore(graph, data, type);
        projections = new StoredProjections(graph, constants,
            options.Codes == OnnxCodes.Qdq ? new QdqProducts(graph, constants) : new NBitsProducts(graph, constants, accuracyLevel));
    }

    public byte[] ToBytes() => graph.ToBytes();

    /// <summary>Inputs, embedding, and what every attention block shares.</summary>
    /// <param name="tied">Codes of a head that is the embedding too and takes its place; null stores weights.</param>
    public void Begin(Matrix embedding, QuantizedMatrix? tied = null)
    {
        var ids = graph.Input(Ids, OnnxType.Int64, "batch", "sequence");
        var mask = graph.Input(Mask, OnnxType.Int64, "batch", "total");
        residual = tied is null
            ? graph.Node("Gather", "", [constants.Weight("embed_tokens", embedding.Values, embedding.Rows, embedding.Cols), ids])
            : projections.Gather(ids, Head, tied);
        residual = Scaled(residual, "embedding.scale", config.EmbeddingScale);
        if (config.Layers.Any(layer => layer.HasAttention))
            BeginAttention(ids, mask);
    }

    private void BeginAttention(string ids, string mask)
    {
        // seqlens_k: index of the last valid key of each row; total_sequence_length: a scalar. Both as GroupQueryAttention wants them.
        var counts = graph.Node("ReduceSum", "", [mask, constants.Shape(1)], OnnxAttribute.Of("keepdims", 0L));
        lastKeys = graph.Node("Cast", "", [graph.Node("Sub", "", [counts, constants.Shape(1)])], OnnxAttribute.Of("to", (long)OnnxType.Int32));
        var index = graph.Initializer<long>("axis.total", [1L]);
        var total = graph.Node("Gather", "", [graph.Node("Shape", "", [mask]), index]);
        totalLength = graph.Node("Cast", "", [total], OnnxAttribute.Of("to", (long)OnnxType.Int32));
        if (config.Layers.Where((layer, index) => layer.HasAttention && !config.KindOf(index).Unrotated).Any())
            rotary = RotaryNodes.Build(graph, constants, config, ids, counts, total);
    }

    /// <param name="codes">Takes the place of the projections' weights; null stores them as they are.</param>
    public void Layer(int index, LayerWeights weights, QuantizedLayer? codes = null)
    {
        if (weights.Attention is { } attention)
            Attention(index, attention, codes?.Attention, Norm($"layers.{index}.input_norm", weights.AttentionNorm));
        if (weights.Mlp is { } mlp)
            Mlp(index, mlp, codes?.Mlp, Norm($"layers.{index}.mlp_norm", weights.MlpNorm));
    }

    /// <summary>Final norm and output head. A tied head multiplies by the embedding itself, which is stored once.</summary>
    /// <param name="codes">A quantised head; where it is tied, the one that began the graph. Null for none.</param>
    public void End(float[] finalNorm, Matrix? head, QuantizedMatrix? codes = null)
    {
        // The factor of the logits costs nothing as one of the norm before the head.
        var x = Norm("final_norm", Times(finalNorm, config.LogitScale));
        if (lastLogitsOnly)
            x = LastPositions.Gather(graph, constants, x, config.HiddenSize, Ids, Mask);
        var product = type == OnnxType.Float ? Logits : Head + ".product";
        if (head is null && codes is null)
            graph.Node("FusedMatMul", OnnxGraph.Microsoft, [x, "embed_tokens"], [product], OnnxAttribute.Of("transB", 1L));
        else
            projections.MultiplyTo(product, x, Head, new StoredProjection(head, codes));
        // What draws from logits wants float32, and casts anything else itself.
        if (product != Logits)
            graph.Node("Cast", "", [product], [Logits], OnnxAttribute.Of("to", (long)OnnxType.Float));
        graph.Output(Logits, OnnxType.Float, "batch", lastLogitsOnly ? 1 : "sequence", config.VocabSize);
    }

    private void Attention(int index, AttentionWeights weights, QuantizedAttention? codes, string x)
    {
        var (queryWidth, kvWidth) = (weights.QueryHeads * config.HeadDim, weights.KvHeads * config.HeadDim);
        var name = $"layers.{index}.attention";
        var kind = config.KindOf(index);
        var apart = !kind.Unrotated && RotaryNodes.Apart(config);
        string query, key = "", value = "";
        if (weights.QueryNorm is null && !apart)
        {
            query = projections.Multiply(x, name + ".qkv", new(weights.Query, codes?.Query), new(weights.Key, codes?.Key), new(weights.Value, codes?.Value));
            if (weights.QueryBias is not null || weights.KeyBias is not null || weights.ValueBias is not null)
            {
                float[] bias = [.. weights.QueryBias ?? new float[queryWidth], .. weights.KeyBias ?? new float[kvWidth],
                    .. weights.ValueBias ?? new float[kvWidth]];
                query = AddBias(query, name + ".qkv.bias", bias);
            }
        }
        else
        {
            query = HeadNorm(Project(x, name + ".q", new(weights.Query, codes?.Query), weights.QueryBias), name + ".q_norm", weights.QueryNorm,
                weights.QueryHeads);
            key = HeadNorm(Project(x, name + ".k", new(weights.Key, codes?.Key), weights.KeyBias), name + ".k_norm", weights.KeyNorm, weights.KvHeads);
            value = Project(x, name + ".v", new(weights.Value, codes?.Value), weights.ValueBias);
            if (apart)
                (query, key) = (rotary!.Rotate(query, weights.QueryHeads), rotary.Rotate(key, weights.KvHeads));
        }
        var pastKey = graph.Input(CacheNames.PastKey(index), type, "batch", weights.KvHeads, "past", config.HeadDim);
        var pastValue = graph.Input(CacheNames.PastValue(index), type, "batch", weights.KvHeads, "past", config.HeadDim);
        graph.Output(CacheNames.PresentKey(index), type, "batch", weights.KvHeads, "total", config.HeadDim);
        graph.Output(CacheNames.PresentValue(index), type, "batch", weights.KvHeads, "total", config.HeadDim);
        graph.Node(
            "GroupQueryAttention",
            OnnxGraph.Microsoft,
            [query, key, value, pastKey, pastValue, lastKeys, totalLength, .. kind.Unrotated ? [] : rotary!.Tables],
            [name, CacheNames.PresentKey(index), CacheNames.PresentValue(index)],
            [
                OnnxAttribute.Of("num_heads", (long)weights.QueryHeads),
                OnnxAttribute.Of("kv_num_heads", (long)weights.KvHeads),
                OnnxAttribute.Of("scale", (float)config.QueryScale),
                OnnxAttribute.Of("do_rotary", apart || kind.Unrotated ? 0L : 1L),
                .. kind.IsWindowed(config.MaxPositions) ? (OnnxAttribute[])[OnnxAttribute.Of("local_window_size", (long)kind.Window)] : [],
            ]);
        Add(projections.Multiply(name, name + ".o", new StoredProjection(weights.Output, codes?.Output)), name + ".o.bias", weights.OutputBias);
    }

    private void Mlp(int index, MlpWeights weights, QuantizedMlp? codes, string x)
    {
        var name = $"layers.{index}.mlp";
        if (weights.Kind.IsRouted)
        {
            Add(ExpertNodes.Of(graph, constants, name, x, weights), name + ".down.bias", weights.DownBias);
            return;
        }

        var gate = Project(x, name + ".gate", new(weights.Gate, codes?.Gate), weights.GateBias);
        var up = Project(x, name + ".up", new(weights.Up, codes?.Up), weights.UpBias);
        // silu(x) = x·sigmoid(x) = QuickGelu with alpha 1, in one pass.
        var active = graph.Node("QuickGelu", OnnxGraph.Microsoft, [gate], OnnxAttribute.Of("alpha", 1f));
        Add(projections.Multiply(graph.Node("Mul", "", [active, up]), name + ".down", new StoredProjection(weights.Down, codes?.Down)), name + ".down.bias",
            weights.DownBias);
    }

    /// <summary>What the next norm adds to the residual stream, by the model's factor.</summary>
    private void Add(string block, string name, float[]? bias)
    {
        delta = Scaled(block, "residual.scale", config.ResidualScale);
        deltaBias = constants.Bias(name, bias is null ? null : Times(bias, config.ResidualScale));
    }

    private string Scaled(string x, string name, double factor) =>
        factor == 1 ? x : graph.Node("Mul", "", [x, constants.Scalar(name, factor)]);

    private static float[] Times(float[] values, double factor) => factor == 1 ? values : Array.ConvertAll(values, value => (float)(value * factor));

    private string Project(string x, string name, StoredProjection weights, float[]? bias) =>
        AddBias(projections.Multiply(x, name, weights), name + ".bias", bias);

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
