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
    private readonly bool lastLogitsOnly, isStatic;
    private readonly OnnxType type;
    private string residual = "";
    private string? delta;
    private string? deltaBias;
    private string lastKeys = "", totalLength = "";
    private RotaryNodes? rotary, localRotary;

    /// <param name="accuracyLevel">Of products with quantised weights, where their operator has one.</param>
    public DecoderGraphBuilder(ModelConfig config, ExternalData data, OnnxExportOptions options, long accuracyLevel = AccuracyLevel.Fast)
    {
        (this.config, lastLogitsOnly, isStatic, type) = (config, options.Logits == OnnxLogits.Last, options.Static, options.ElementType);
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
        AttentionKind[] turning = [.. Enumerable.Range(0, config.Layers.Count).Where(index => config.Layers[index].HasAttention).Select(config.KindOf)
            .Where(kind => !kind.Unrotated)];
        if (turning.Any(kind => !kind.Local))
            rotary = RotaryNodes.Build(graph, constants, config, ids, counts, total, "", isStatic);
        if (turning.Any(kind => kind.Local))
            localRotary = RotaryNodes.Build(graph, constants, config.TurningAs(new() { Local = true }), ids, counts, total, "local.", isStatic);
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
        // The factor of the logits costs nothing as one of the norm before the head, and so does what their bound divides them by.
        var x = Norm("final_norm", Times(finalNorm, config.LogitScale / (config.LogitCap ?? 1)));
        if (lastLogitsOnly)
            x = isStatic ? LastPositions.Column(graph, constants, x) : LastPositions.Gather(graph, constants, x, config.HiddenSize, Ids, Mask);
        var product = type == OnnxType.Float && config.LogitCap is null ? Logits : Head + ".product";
        if (head is null && codes is null)
            graph.Node("FusedMatMul", OnnxGraph.Microsoft, [x, "embed_tokens"], [product], OnnxAttribute.Of("transB", 1L));
        else
            projections.MultiplyTo(product, x, Head, new StoredProjection(head, codes));
        if (config.LogitCap is { } cap)
        {
            var bounded = type == OnnxType.Float ? Logits : Head + ".bounded";
            graph.Node("Mul", "", [graph.Node("Tanh", "", [product]), constants.Scalar("logits.cap", cap)], [bounded]);
            product = bounded;
        }

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
        var turns = kind.Local ? localRotary : rotary;
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
                (query, key) = (turns!.Rotate(query, weights.QueryHeads), turns.Rotate(key, weights.KvHeads));
        }
        var pastKey = graph.Input(CacheNames.PastKey(index), type, "batch", weights.KvHeads, "past", config.HeadDim);
        var pastValue = graph.Input(CacheNames.PastValue(index), type, "batch", weights.KvHeads, "past", config.HeadDim);
        graph.Output(CacheNames.PresentKey(index), type, "batch", weights.KvHeads, "total", config.HeadDim);
        graph.Output(CacheNames.PresentValue(index), type, "batch", weights.KvHeads, "total", config.HeadDim);
        graph.Node(
            "GroupQueryAttention",
            OnnxGraph.Microsoft,
            [query, key, value, pastKey, pastValue, lastKeys, totalLength, .. kind.Unrotated ? [] : turns!.Tables],
            [name, CacheNames.PresentKey(index), CacheNames.PresentValue(index)],
            [
                OnnxAttribute.Of("num_heads", (long)weights.QueryHeads),
                OnnxAttribute.Of("kv_num_heads", (long)weights.KvHeads),
                OnnxAttribute.Of("scale", (float)config.QueryScale),
                OnnxAttribute.Of("do_rotary", apart || kind.Unrotated ? 0L : 1L),
                .. config.ScoreCap is { } cap ? (OnnxAttribute[])[OnnxAttribute.Of("softcap", (float)cap)] : [],
                .. kind.IsWindowed(config.MaxPositions) ? (OnnxAttribute[])[OnnxAttribute.Of("local_window_size", (long)kind.Window)] : [],
            ]);
        Add(projections.Multiply(name, name + ".o", new StoredProjection(weights.Output, codes?.Output)), name + ".o", weights.OutputBias, weights.PostNorm);
    }

    private void Mlp(int index, MlpWeights weights, QuantizedMlp? codes, string x)
    {
        var name = $"layers.{index}.mlp";
        if (weights.Kind.IsRouted)
        {
            Add(ExpertNodes.Of(graph, constants, name, x, weights), name + ".down", weights.DownBias, weights.PostNorm);
            return;
        }

        var gate = Project(x, name + ".gate", new(weights.Gate, codes?.Gate), weights.GateBias);
        var up = Project(x, name + ".up", new(weights.Up, codes?.Up), weights.UpBias);
        // silu(x) = x·sigmoid(x) = QuickGelu with alpha 1, in one pass. FastGelu is GELU in its approximation by tanh.
        var active = config.Activation == GateActivation.GeluTanh ? graph.Node("FastGelu", OnnxGraph.Microsoft, [gate])
            : graph.Node("QuickGelu", OnnxGraph.Microsoft, [gate], OnnxAttribute.Of("alpha", 1f));
        Add(projections.Multiply(graph.Node("Mul", "", [active, up]), name + ".down", new StoredProjection(weights.Down, codes?.Down)), name + ".down",
            weights.DownBias, weights.PostNorm);
    }

    /// <summary>What the next norm adds to the residual stream, by the model's factor; behind a norm of its own where the model has one.</summary>
    private void Add(string block, string name, float[]? bias, float[]? norm)
    {
        if (norm is not null)
        {
            block = Normed(AddBias(block, name + ".bias", bias), constants.Weight(name + ".norm", norm, norm.Length));
            bias = null;
        }

        delta = Scaled(block, "residual.scale", config.ResidualScale);
        deltaBias = constants.Bias(name + ".bias", bias is null ? null : Times(bias, config.ResidualScale));
    }

    private string Scaled(string x, string name, double factor) =>
        factor == 1 ? x : graph.Node("Mul", "", [x, constants.Scalar(name, factor)]);

    private static float[] Times(float[] values, double factor) => factor == 1 ? values : Array.ConvertAll(values, value => (float)(value * factor));

    private string Project(string x, string name, StoredProjection weights, float[]? bias) =>
        AddBias(projections.Multiply(x, name, weights), name + ".bias", bias);

    private string AddBias(string x, string name, float[]? bias) =>
        bias is null ? x : graph.Node("Add", "", [x, constants.Weight(name, bias, bias.Length)]);

    /// <summary>The residual stream of a block without a norm before it: the last block's output is added.</summary>
    private string Sum(string name)
    {
        if (delta is not null)
        {
            graph.Node("Add", "", [residual, deltaBias is null ? delta : graph.Node("Add", "", [delta, deltaBias])], [name + ".sum"]);
            (residual, delta, deltaBias) = (name + ".sum", null, null);
        }

        return residual;
    }

    private string Normed(string x, string gamma) => graph.Node("SimplifiedLayerNormalization", "", [x, gamma], OnnxAttribute.Of("axis", -1L), Epsilon);

    private OnnxAttribute Epsilon => OnnxAttribute.Of("epsilon", (float)config.RmsNormEps);

    /// <summary>RMSNorm of the residual stream, to which the last block's output is added on the way.</summary>
    private string Norm(string name, float[] weight)
    {
        if (weight.Length == 0)
            return Sum(name);
        var gamma = constants.Weight(name, weight, weight.Length);
        if (delta is null)
            return Normed(residual, gamma);
        string[] inputs = deltaBias is null ? [residual, delta, gamma] : [residual, delta, gamma, deltaBias];
        graph.Node("SkipSimplifiedLayerNormalization", OnnxGraph.Microsoft, inputs, [name + ".out", "", "", name + ".sum"], Epsilon);
        (residual, delta, deltaBias) = (name + ".sum", null, null);
        return name + ".out";
    }

    /// <summary>RMSNorm over each head (Qwen3), or over all of them (OLMo 2). Written out, because GroupQueryAttention's own q/k norm exists on GPUs
    /// only.</summary>
    private string HeadNorm(string x, string name, float[]? weight, int heads)
    {
        if (weight is null)
            return x;
        var gamma = constants.Weight(name, weight, weight.Length);
        if (config.QkNormAcrossHeads)
            return Normed(x, gamma);
        var apart = graph.Node("Reshape", "", [x, constants.Shape(0, 0, heads, config.HeadDim)]);
        return graph.Node("Reshape", "", [Normed(apart, gamma), constants.Shape(0, 0, heads * config.HeadDim)]);
    }
}
