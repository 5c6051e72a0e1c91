using System.Numerics;

namespace ForgePrune.Kernels;

/// <summary>The gated unit of an MLP block, element by element: h = silu(g) · u with silu(g) = g · σ(g) (Shazeer 2020).</summary>
public static class SwiGlu
{
    /// <summary>Computes h = silu(gate) · up for every element.</summary>
    /// <param name="gate">Gate g, of any shape, as one vector.</param>
    /// <param name="up">Up projection u, as many elements.</param>
    /// <param name="h">Written: as many elements; may be <paramref name="gate"/> or <paramref name="up"/>.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is shorter than the gate.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is negative.</exception>
    public static void Forward(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> h, int threads) =>
        GatedUnits<Silu>.Forward(gate, up, h, threads);

    /// <summary>Computes the gradients of gate and up from that of h (backward pass): ∂u = dh · g·σ, ∂g = dh · u · σ·(1 + g·(1 − σ)).</summary>
    /// <param name="gate">Gate g, of any shape, as one vector.</param>
    /// <param name="up">Up projection u, as many elements.</param>
    /// <param name="dh">Gradient of h, as many elements.</param>
    /// <param name="dGate">Written: as many elements; may be <paramref name="dh"/>.</param>
    /// <param name="dUp">Written: as many elements.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is shorter than the gate.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is negative.</exception>
    public static void Backward(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, ReadOnlySpan<float> dh, Span<float> dGate, Span<float> dUp, int threads) =>
        GatedUnits<Silu>.Backward(gate, up, dh, dGate, dUp, threads);

    private readonly struct Silu : IGate
    {
        public static Vector<float> Argument(Vector<float> g) => g;

        public static float Argument(float g) => g;

        public static Vector<float> Slope(Vector<float> g) => Vector<float>.One;

        public static float Slope(float g) => 1;
    }
}
