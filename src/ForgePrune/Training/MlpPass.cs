using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Training;

/// <summary>x += r·down·(a(gate·n) ∘ up·n) for n = norm(x), with norms where the model has them and its activation a. Kept for the backward pass: the scales of
/// the norm, gate·n and up·n. The rest is recomputed.</summary>
internal sealed class MlpPass : IBlockPass
{
    private readonly ModelConfig config;
    private readonly ProjectionPass gateProjection, upProjection;
    private readonly BranchPass downProjection;
    private readonly InputNorm norm;
    private readonly PassBuffer gate, up, units, dGate, dUp;
    private readonly int layer, threads;

    public MlpPass(ParameterLayout layout, int layer, int rows, PassMemory memory, int threads)
    {
        (config, this.layer, this.threads) = (layout.Config, layer, threads);
        norm = new(TensorRole.MlpNorm, layer, config, rows, memory, threads);
        (gate, up) = (memory.Kept("gate", rows, Ffn), memory.Kept("up", rows, Ffn));
        (units, dGate, dUp) = (memory.Passing("units", rows, Ffn), memory.Passing("d-gate", rows, Ffn), memory.Passing("d-up", rows, Ffn));
        gateProjection = Projection(TensorRole.Gate, TensorRole.GateBias, Hidden, Ffn);
        upProjection = Projection(TensorRole.Up, TensorRole.UpBias, Hidden, Ffn);
        downProjection = new(Projection(TensorRole.Down, TensorRole.DownBias, Ffn, Hidden), TensorRole.MlpPostNorm, layer, config, rows, memory, threads);

        ProjectionPass Projection(TensorRole role, TensorRole bias, int inputs, int outputs) =>
            new(role, bias, layer, inputs, outputs, layout.Scope, rows, memory, threads);
    }

    private int Hidden => config.HiddenSize;

    private int Ffn => config.Layers[layer].Ffn;

    public void Forward(IPassWeights weights, int rows, ReadOnlySpan<float> x, Span<float> y)
    {
        Span<float> g = gate.Of(rows, Ffn), u = up.Of(rows, Ffn), h = units.Of(rows, Ffn);
        var n = norm.Forward(weights, rows, x);
        gateProjection.Forward(weights, rows, n, g);
        upProjection.Forward(weights, rows, n, u);
        Gate(g, u, h);
        downProjection.Forward(weights, rows, h, y);
    }

    public void Backward(IPassWeights weights, PassGradients gradients, int rows, ReadOnlySpan<float> x, Span<float> d)
    {
        Span<float> g = gate.Of(rows, Ffn), u = up.Of(rows, Ffn), h = units.Of(rows, Ffn);
        Span<float> dn = norm.Gradient(rows), dg = dGate.Of(rows, Ffn), du = dUp.Of(rows, Ffn);
        Gate(g, u, h);
        downProjection.Backward(weights, gradients, rows, h, d, dg);
        if (config.Activation == GateActivation.GeluTanh)
            GeGlu.Backward(g, u, dg, dg, du, threads);
        else
            SwiGlu.Backward(g, u, dg, dg, du, threads);
        var n = norm.Forward(weights, rows, x);
        gateProjection.Backward(weights, gradients, rows, n, dg, dn);
        upProjection.Backward(weights, gradients, rows, n, du, dn, add: true);
        norm.Backward(weights, gradients, rows, x, d);
    }

    private void Gate(ReadOnlySpan<float> g, ReadOnlySpan<float> u, Span<float> h)
    {
        if (config.Activation == GateActivation.GeluTanh)
            GeGlu.Forward(g, u, h, threads);
        else
            SwiGlu.Forward(g, u, h, threads);
    }
}
