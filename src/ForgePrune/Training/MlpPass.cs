using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>x += r·down·(silu(gate·n) ∘ up·n) for n = norm(x). Kept for the backward pass: the scales of the norm, gate·n and up·n. The rest is
/// recomputed.</summary>
internal sealed class MlpPass : IBlockPass
{
    private readonly ModelConfig config;
    private readonly ProjectionPass gateProjection, upProjection;
    private readonly BranchPass downProjection;
    private readonly PassBuffer scales, gate, up, normed, units, dGate, dUp, dNormed;
    private readonly int layer, threads;

    public MlpPass(ParameterLayout layout, int layer, int rows, PassMemory memory, int threads)
    {
        (config, this.layer, this.threads) = (layout.Config, layer, threads);
        scales = memory.Kept("scales", rows, 1);
        (gate, up) = (memory.Kept("gate", rows, Ffn), memory.Kept("up", rows, Ffn));
        (normed, dNormed) = (memory.Passing("normed", rows, Hidden), memory.Passing("d-normed", rows, Hidden));
        (units, dGate, dUp) = (memory.Passing("units", rows, Ffn), memory.Passing("d-gate", rows, Ffn), memory.Passing("d-up", rows, Ffn));
        gateProjection = Projection(TensorRole.Gate, TensorRole.GateBias, Hidden, Ffn);
        upProjection = Projection(TensorRole.Up, TensorRole.UpBias, Hidden, Ffn);
        downProjection = new(Projection(TensorRole.Down, TensorRole.DownBias, Ffn, Hidden), config.ResidualScale, rows, Hidden, memory);

        ProjectionPass Projection(TensorRole role, TensorRole bias, int inputs, int outputs) =>
            new(role, bias, layer, inputs, outputs, layout.Scope, rows, memory, threads);
    }

    private int Hidden => config.HiddenSize;

    private int Ffn => config.Layers[layer].Ffn;

    public void Forward(IPassWeights weights, int rows, ReadOnlySpan<float> x, Span<float> y)
    {
        Span<float> n = normed.Of(rows, Hidden), g = gate.Of(rows, Ffn), u = up.Of(rows, Ffn), h = units.Of(rows, Ffn);
        Norm(weights, rows, x);
        gateProjection.Forward(weights, rows, n, g);
        upProjection.Forward(weights, rows, n, u);
        SwiGlu.Forward(g, u, h, threads);
        downProjection.Forward(weights, rows, h, y);
    }

    public void Backward(IPassWeights weights, PassGradients gradients, int rows, ReadOnlySpan<float> x, Span<float> d)
    {
        Span<float> n = normed.Of(rows, Hidden), g = gate.Of(rows, Ffn), u = up.Of(rows, Ffn), h = units.Of(rows, Ffn);
        Span<float> dn = dNormed.Of(rows, Hidden), dg = dGate.Of(rows, Ffn), du = dUp.Of(rows, Ffn);
        SwiGlu.Forward(g, u, h, threads);
        downProjection.Backward(weights, gradients, rows, h, d, dg);
        SwiGlu.Backward(g, u, dg, dg, du, threads);
        Norm(weights, rows, x);
        gateProjection.Backward(weights, gradients, rows, n, dg, dn);
        upProjection.Backward(weights, gradients, rows, n, du, dn, add: true);
        RmsNorm.Backward(x, rows, Hidden, weights.Of(TensorRole.MlpNorm, layer), scales.Of(rows, 1), dn, d, gradients.Of(TensorRole.MlpNorm, layer), threads);
    }

    private void Norm(IPassWeights weights, int rows, ReadOnlySpan<float> x) => RmsNorm.Forward(
        x, rows, Hidden, weights.Of(TensorRole.MlpNorm, layer), config.RmsNormEps, normed.Of(rows, Hidden), scales.Of(rows, 1), threads);
}
