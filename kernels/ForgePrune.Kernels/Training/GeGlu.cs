using System.Numerics;

namespace ForgePrune.Kernels;

/// <summary>The gated unit of an MLP block with GELU in place of SiLU, element by element: h = gelu(g) · u (Shazeer 2020) with the approximation by tanh,
/// gelu(g) = ½·g·(1 + tanh(√(2/π)·(g + 0.044715·g³))) (Hendrycks and Gimpel 2016). Since ½·(1 + tanh z) = σ(2z), it is
/// g · σ(2·√(2/π)·(g + 0.044715·g³)).</summary>
public static class GeGlu
{
    /// <summary>Computes h = gelu(gate) · up for every element.</summary>
    /// <param name="gate">Gate g, of any shape, as one vector.</param>
    /// <param name="up">Up projection u, as many elements.</param>
    /// <param name="h">Written: as many elements; may be <paramref name="gate"/> or <paramref name="up"/>.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is shorter than the gate.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is negative.</exception>
    public static void Forward(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> h, int threads) =>
        GatedUnits<Gelu>.Forward(gate, up, h, threads);

    /// <summary>Computes the gradients of gate and up from that of h (backward pass): ∂u = dh · g·σ(z), ∂g = dh · u · σ(z)·(1 + g·z′·(1 − σ(z))).</summary>
    /// <param name="gate">Gate g, of any shape, as one vector.</param>
    /// <param name="up">Up projection u, as many elements.</param>
    /// <param name="dh">Gradient of h, as many elements.</param>
    /// <param name="dGate">Written: as many elements; may be <paramref name="dh"/>.</param>
    /// <param name="dUp">Written: as many elements.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is shorter than the gate.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is negative.</exception>
    public static void Backward(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, ReadOnlySpan<float> dh, Span<float> dGate, Span<float> dUp, int threads) =>
        GatedUnits<Gelu>.Backward(gate, up, dh, dGate, dUp, threads);

    private readonly struct Gelu : IGate
    {
        // 2·√(2/π), and that times 0.044715.
        private const float Linear = 1.5957691216057308f, Cubic = 0.07135481627260025f;

        public static Vector<float> Argument(Vector<float> g) => g * (new Vector<float>(Linear) + new Vector<float>(Cubic) * g * g);

        public static float Argument(float g) => g * (Linear + (Cubic * g * g));

        public static Vector<float> Slope(Vector<float> g) => new Vector<float>(Linear) + new Vector<float>(3 * Cubic) * g * g;

        public static float Slope(float g) => Linear + (3 * Cubic * g * g);
    }
}
