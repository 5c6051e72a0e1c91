using System.Numerics;

namespace ForgePrune.Kernels;

/// <summary>The gated unit of an MLP block, element by element: h = silu(g) · u with silu(g) = g · σ(g) (Shazeer 2020).</summary>
public static unsafe class SwiGlu
{
    private const int Piece = 1 << 14;

    /// <summary>Computes h = silu(gate) · up for every element.</summary>
    /// <param name="gate">Gate g, of any shape, as one vector.</param>
    /// <param name="up">Up projection u, as many elements.</param>
    /// <param name="h">Written: as many elements; may be <paramref name="gate"/> or <paramref name="up"/>.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is shorter than the gate.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is negative.</exception>
    public static void Forward(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> h, int threads)
    {
        Shape.Require(up, 1, gate.Length, gate.Length);
        Shape.Require<float>(h, 1, gate.Length, gate.Length);
        fixed (float* g = gate, u = up, y = h)
            Forward(g, u, y, gate.Length, threads);
    }

    /// <summary>Computes the gradients of gate and up from that of h (backward pass): ∂u = dh · g·σ, ∂g = dh · u · σ·(1 + g·(1 − σ)).</summary>
    /// <param name="gate">Gate g, of any shape, as one vector.</param>
    /// <param name="up">Up projection u, as many elements.</param>
    /// <param name="dh">Gradient of h, as many elements.</param>
    /// <param name="dGate">Written: as many elements; may be <paramref name="dh"/>.</param>
    /// <param name="dUp">Written: as many elements.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is shorter than the gate.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is negative.</exception>
    public static void Backward(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, ReadOnlySpan<float> dh, Span<float> dGate, Span<float> dUp, int threads)
    {
        Shape.Require(up, 1, gate.Length, gate.Length);
        Shape.Require(dh, 1, gate.Length, gate.Length);
        Shape.Require<float>(dGate, 1, gate.Length, gate.Length);
        Shape.Require<float>(dUp, 1, gate.Length, gate.Length);
        fixed (float* g = gate, u = up, d = dh, dg = dGate, du = dUp)
            Backward(g, u, d, dg, du, gate.Length, threads);
    }

    private static void Forward(float* gate, float* up, float* h, int length, int threads) => InPieces(length, threads, (start, end) =>
    {
        nint i = start;
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            var g = Vector.Load(gate + i);
            (g * Sigmoid(g) * Vector.Load(up + i)).Store(h + i);
        }

        for (; i < end; i++)
            h[i] = gate[i] * Sigmoid(gate[i]) * up[i];
    });

    private static void Backward(float* gate, float* up, float* dh, float* dGate, float* dUp, int length, int threads) =>
        InPieces(length, threads, (start, end) =>
    {
        nint i = start;
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> g = Vector.Load(gate + i), s = Sigmoid(g), d = Vector.Load(dh + i), u = Vector.Load(up + i);
            (d * g * s).Store(dUp + i);
            (d * u * s * (Vector<float>.One + g * (Vector<float>.One - s))).Store(dGate + i);
        }

        for (; i < end; i++)
        {
            var (g, s, d, u) = (gate[i], Sigmoid(gate[i]), dh[i], up[i]);
            dUp[i] = d * g * s;
            dGate[i] = d * u * s * (1 + g * (1 - s));
        }
    });

    private static void InPieces(int length, int threads, Action<int, int> work) =>
        Workers.For((length + Piece - 1) / Piece, threads, piece => work(piece * Piece, Math.Min(length, (piece + 1) * Piece)));

    private static Vector<float> Sigmoid(Vector<float> x) => Vector<float>.One / (Vector<float>.One + Vector.Exp(-x));

    private static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));
}
