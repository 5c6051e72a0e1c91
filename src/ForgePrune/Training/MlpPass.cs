using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>x += down·(silu(gate·n) ∘ up·n) for n = norm(x). Kept for the backward pass: the scales of the norm, gate·n and up·n. The rest is
/// recomputed.</summary>
internal sealed class MlpPass : IBlockPass
{
    private readonly ParameterLayout layout;
    private readonly PassBuffer scales, gate, up, normed, units, dGate, dUp, dNormed;
    private readonly int layer, threads;

    public MlpPass(ParameterLayout layout, int layer, int rows, PassMemory memory, int threads)
    {
        (this.layout, this.layer, this.threads) = (layout, layer, threads);
        scales = memory.Kept("scales", rows, 1);
        (gate, up) = (memory.Kept("gate", rows, Ffn), memory.Kept("up", rows, Ffn));
        (normed, dNormed) = (memory.Passing("normed", rows, Hidden), memory.Passing("d-normed", rows, Hidden));
        (units, dGate, dUp) = (memory.Passing("units", rows, Ffn), memory.Passing("d-gate", rows, Ffn), memory.Passing("d-up", rows, Ffn));
    }

    private int Hidden => layout.Config.HiddenSize;

    private int Ffn => layout.Config.Layers[layer].Ffn;

    public void Forward(float[] weights, int rows, ReadOnlySpan<float> x, Span<float> y)
    {
        Span<float> n = normed.Of(rows, Hidden), g = gate.Of(rows, Ffn), u = up.Of(rows, Ffn), h = units.Of(rows, Ffn);
        Norm(weights, rows, x);
        Wide(rows).Forward(n, In(weights, TensorRole.Gate), In(weights, TensorRole.GateBias), g);
        Wide(rows).Forward(n, In(weights, TensorRole.Up), In(weights, TensorRole.UpBias), u);
        SwiGlu.Forward(g, u, h, threads);
        Narrow(rows).Forward(h, In(weights, TensorRole.Down), In(weights, TensorRole.DownBias), y, add: true);
    }

    public void Backward(float[] weights, float[] gradients, int rows, ReadOnlySpan<float> x, Span<float> d)
    {
        Span<float> n = normed.Of(rows, Hidden), g = gate.Of(rows, Ffn), u = up.Of(rows, Ffn), h = units.Of(rows, Ffn);
        Span<float> dn = dNormed.Of(rows, Hidden), dg = dGate.Of(rows, Ffn), du = dUp.Of(rows, Ffn);
        SwiGlu.Forward(g, u, h, threads);
        Narrow(rows).Backward(h, In(weights, TensorRole.Down), d, dg, In(gradients, TensorRole.Down), In(gradients, TensorRole.DownBias));
        SwiGlu.Backward(g, u, dg, dg, du, threads);
        Norm(weights, rows, x);
        Wide(rows).Backward(n, In(weights, TensorRole.Gate), dg, dn, In(gradients, TensorRole.Gate), In(gradients, TensorRole.GateBias));
        Wide(rows).Backward(n, In(weights, TensorRole.Up), du, dn, In(gradients, TensorRole.Up), In(gradients, TensorRole.UpBias), add: true);
        RmsNorm.Backward(x, rows, Hidden, In(weights, TensorRole.MlpNorm), scales.Of(rows, 1), dn, d, In(gradients, TensorRole.MlpNorm), threads);
    }

    private void Norm(float[] weights, int rows, ReadOnlySpan<float> x) => RmsNorm.Forward(
        x, rows, Hidden, In(weights, TensorRole.MlpNorm), layout.Config.RmsNormEps, normed.Of(rows, Hidden), scales.Of(rows, 1), threads);

    private Linear Wide(int rows) => new(rows, Hidden, Ffn, threads);

    private Linear Narrow(int rows) => new(rows, Ffn, Hidden, threads);

    private Span<float> In(float[] values, TensorRole role) => layout.Of(values, role, layer);
}
