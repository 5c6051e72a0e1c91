using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>x += output·attention(query·n, key·n, value·n) for n = norm(x). Kept for the backward pass: the scales of the norm, rotated queries and keys,
/// values, the attention output with the log-sum-exp of its rows, and queries and keys before a norm of their own. The rest is recomputed.</summary>
internal sealed class AttentionPass : IBlockPass
{
    private readonly ParameterLayout layout;
    private readonly RotaryTable rotary;
    private readonly HeadsPass queries, keys;
    private readonly PassBuffer scales, values, mixed, logSums, normed, dNormed, dMixed, dValues;
    private readonly int layer, tokens, threads;

    public AttentionPass(ParameterLayout layout, int layer, int rows, RotaryTable rotary, PassMemory memory, int threads)
    {
        (this.layout, this.layer, this.rotary, this.threads, tokens) = (layout, layer, rotary, threads, rotary.Positions);
        var shape = Shape(0);
        scales = memory.Kept("scales", rows, 1);
        queries = new HeadsPass("queries", shape.QueryHeads, layout.Config, rows, memory, threads);
        keys = new HeadsPass("keys", shape.KvHeads, layout.Config, rows, memory, threads);
        values = memory.Kept("values", rows, shape.KvWidth);
        mixed = memory.Kept("mixed", rows, shape.QueryWidth);
        logSums = memory.Kept("log-sums", rows, shape.QueryHeads);
        (normed, dNormed) = (memory.Passing("normed", rows, Hidden), memory.Passing("d-normed", rows, Hidden));
        (dMixed, dValues) = (memory.Passing("d-mixed", rows, shape.QueryWidth), memory.Passing("d-values", rows, shape.KvWidth));
    }

    private int Hidden => layout.Config.HiddenSize;

    public void Forward(float[] weights, int rows, ReadOnlySpan<float> x, Span<float> y)
    {
        var shape = Shape(rows);
        Span<float> n = normed.Of(rows, Hidden);
        Span<float> v = values.Of(rows, shape.KvWidth), o = mixed.Of(rows, shape.QueryWidth);
        Norm(weights, rows, x);
        To(shape.QueryWidth, rows).Forward(n, In(weights, TensorRole.Query), In(weights, TensorRole.QueryBias), queries.Projected(rows));
        To(shape.KvWidth, rows).Forward(n, In(weights, TensorRole.Key), In(weights, TensorRole.KeyBias), keys.Projected(rows));
        To(shape.KvWidth, rows).Forward(n, In(weights, TensorRole.Value), In(weights, TensorRole.ValueBias), v);
        queries.Forward(In(weights, TensorRole.QueryNorm), rotary, rows);
        keys.Forward(In(weights, TensorRole.KeyNorm), rotary, rows);
        CausalAttention.Forward(shape, queries.Turned(rows), keys.Turned(rows), v, o, logSums.Of(rows, shape.QueryHeads), threads);
        Back(shape, rows).Forward(o, In(weights, TensorRole.Output), In(weights, TensorRole.OutputBias), y, add: true);
    }

    public void Backward(float[] weights, float[] gradients, int rows, ReadOnlySpan<float> x, Span<float> d)
    {
        var shape = Shape(rows);
        Span<float> n = normed.Of(rows, Hidden), dn = dNormed.Of(rows, Hidden);
        Span<float> v = values.Of(rows, shape.KvWidth), o = mixed.Of(rows, shape.QueryWidth);
        Span<float> dv = dValues.Of(rows, shape.KvWidth), dOutput = dMixed.Of(rows, shape.QueryWidth);
        Back(shape, rows).Backward(o, In(weights, TensorRole.Output), d, dOutput, In(gradients, TensorRole.Output), In(gradients, TensorRole.OutputBias));
        CausalAttention.Backward(
            shape, queries.Turned(rows), keys.Turned(rows), v, o, logSums.Of(rows, shape.QueryHeads), dOutput, queries.Gradient(rows), keys.Gradient(rows), dv,
                threads);
        var dq = queries.Backward(In(weights, TensorRole.QueryNorm), In(gradients, TensorRole.QueryNorm), rotary, rows);
        var dk = keys.Backward(In(weights, TensorRole.KeyNorm), In(gradients, TensorRole.KeyNorm), rotary, rows);
        Norm(weights, rows, x);
        To(shape.QueryWidth, rows).Backward(n, In(weights, TensorRole.Query), dq, dn, In(gradients, TensorRole.Query), In(gradients, TensorRole.QueryBias));
        To(shape.KvWidth, rows).Backward(n, In(weights, TensorRole.Key), dk, dn, In(gradients, TensorRole.Key), In(gradients, TensorRole.KeyBias), add: true);
        To(shape.KvWidth, rows).Backward(n, In(weights, TensorRole.Value), dv, dn, In(gradients, TensorRole.Value), In(gradients, TensorRole.ValueBias),
            add: true);
        RmsNorm.Backward(x, rows, Hidden, In(weights, TensorRole.AttentionNorm), scales.Of(rows, 1), dn, d, In(gradients, TensorRole.AttentionNorm), threads);
    }

    private AttentionShape Shape(int rows) =>
        new(rows / tokens, tokens, layout.Config.Layers[layer].QueryHeads, layout.Config.Layers[layer].KvHeads, layout.Config.HeadDim);

    private void Norm(float[] weights, int rows, ReadOnlySpan<float> x) => RmsNorm.Forward(
        x, rows, Hidden, In(weights, TensorRole.AttentionNorm), layout.Config.RmsNormEps, normed.Of(rows, Hidden), scales.Of(rows, 1), threads);

    private Linear To(int width, int rows) => new(rows, Hidden, width, threads);

    private Linear Back(AttentionShape shape, int rows) => new(rows, shape.QueryWidth, Hidden, threads);

    private Span<float> In(float[] values, TensorRole role) => layout.Of(values, role, layer);
}
