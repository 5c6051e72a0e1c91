using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>x += r·output·attention(query·n, key·n, value·n) for n = norm(x), with norms where the model has them. Kept for the backward pass: the scales of
/// the norm, rotated queries and keys, values, the attention output with the log-sum-exp of its rows, and queries and keys before a norm of their own. The rest
/// is recomputed.</summary>
internal sealed class AttentionPass : IBlockPass
{
    private readonly ModelConfig config;
    private readonly RotaryTable rotary;
    private readonly AttentionKind kind;
    private readonly HeadsPass queries, keys;
    private readonly ProjectionPass query, key, value;
    private readonly BranchPass output;
    private readonly InputNorm norm;
    private readonly PassBuffer values, mixed, logSums, dMixed, dValues;
    private readonly int layer, tokens, threads;

    public AttentionPass(ParameterLayout layout, int layer, int rows, RotaryTable rotary, PassMemory memory, int threads)
    {
        (config, this.layer, this.rotary, this.threads, tokens) = (layout.Config, layer, rotary, threads, rotary.Positions);
        kind = config.KindOf(layer);
        var shape = Shape(0);
        norm = new(TensorRole.AttentionNorm, layer, config, rows, memory, threads);
        queries = new HeadsPass("queries", shape.QueryHeads, config, kind, rows, memory, threads);
        keys = new HeadsPass("keys", shape.KvHeads, config, kind, rows, memory, threads);
        values = memory.Kept("values", rows, shape.KvWidth);
        mixed = memory.Kept("mixed", rows, shape.QueryWidth);
        logSums = memory.Kept("log-sums", rows, shape.QueryHeads);
        (dMixed, dValues) = (memory.Passing("d-mixed", rows, shape.QueryWidth), memory.Passing("d-values", rows, shape.KvWidth));
        query = Projection(TensorRole.Query, TensorRole.QueryBias, Hidden, shape.QueryWidth);
        key = Projection(TensorRole.Key, TensorRole.KeyBias, Hidden, shape.KvWidth);
        value = Projection(TensorRole.Value, TensorRole.ValueBias, Hidden, shape.KvWidth);
        output = new(Projection(TensorRole.Output, TensorRole.OutputBias, shape.QueryWidth, Hidden), TensorRole.AttentionPostNorm, layer, config, rows, memory,
            threads);

        ProjectionPass Projection(TensorRole role, TensorRole bias, int inputs, int outputs) =>
            new(role, bias, layer, inputs, outputs, layout.Scope, rows, memory, threads);
    }

    private int Hidden => config.HiddenSize;

    public void Forward(IPassWeights weights, int rows, ReadOnlySpan<float> x, Span<float> y)
    {
        var shape = Shape(rows);
        Span<float> v = values.Of(rows, shape.KvWidth), o = mixed.Of(rows, shape.QueryWidth);
        var n = norm.Forward(weights, rows, x);
        query.Forward(weights, rows, n, queries.Projected(rows));
        key.Forward(weights, rows, n, keys.Projected(rows));
        value.Forward(weights, rows, n, v);
        queries.Forward(weights.Of(TensorRole.QueryNorm, layer), rotary, rows);
        keys.Forward(weights.Of(TensorRole.KeyNorm, layer), rotary, rows);
        CausalAttention.Forward(shape, queries.Turned(rows), keys.Turned(rows), v, o, logSums.Of(rows, shape.QueryHeads), threads);
        output.Forward(weights, rows, o, y);
    }

    public void Backward(IPassWeights weights, PassGradients gradients, int rows, ReadOnlySpan<float> x, Span<float> d)
    {
        var shape = Shape(rows);
        Span<float> v = values.Of(rows, shape.KvWidth), o = mixed.Of(rows, shape.QueryWidth), dn = norm.Gradient(rows);
        Span<float> dv = dValues.Of(rows, shape.KvWidth), dOutput = dMixed.Of(rows, shape.QueryWidth);
        output.Backward(weights, gradients, rows, o, d, dOutput);
        CausalAttention.Backward(
            shape, queries.Turned(rows), keys.Turned(rows), v, o, logSums.Of(rows, shape.QueryHeads), dOutput, queries.Gradient(rows), keys.Gradient(rows), dv,
                threads);
        var dq = queries.Backward(weights.Of(TensorRole.QueryNorm, layer), gradients.Of(TensorRole.QueryNorm, layer), rotary, rows);
        var dk = keys.Backward(weights.Of(TensorRole.KeyNorm, layer), gradients.Of(TensorRole.KeyNorm, layer), rotary, rows);
        var n = norm.Forward(weights, rows, x);
        query.Backward(weights, gradients, rows, n, dq, dn);
        key.Backward(weights, gradients, rows, n, dk, dn, add: true);
        value.Backward(weights, gradients, rows, n, dv, dn, add: true);
        norm.Backward(weights, gradients, rows, x, d);
    }

    private AttentionShape Shape(int rows) =>
        new(rows / tokens, tokens, config.Layers[layer].QueryHeads, config.Layers[layer].KvHeads, config.HeadDim)
        {
            Seen = kind.Window,
            Scale = (float?)config.AttentionScale,
            Cap = (float?)config.ScoreCap,
        };
}
