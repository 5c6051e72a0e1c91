using System.Numerics;

namespace ForgePrune.Kernels;

/// <summary>The argument z of the sigmoid of a gate g·σ(z(g)), and its slope.</summary>
internal interface IGate
{
    static abstract Vector<float> Argument(Vector<float> g);

    static abstract float Argument(float g);

    static abstract Vector<float> Slope(Vector<float> g);

    static abstract float Slope(float g);
}

/// <summary>Gated units h = g·σ(z(g)) · u, element by element, for every gate of that form.</summary>
internal static unsafe class GatedUnits<T>
    where T : IGate
{
    private const int Piece = 1 << 14;

    public static void Forward(ReadOnlySpan<float> gate, ReadOnlySpan<float> up, Span<float> h, int threads)
    {
        Shape.Require(up, 1, gate.Length, gate.Length);
        Shape.Require<float>(h, 1, gate.Length, gate.Length);
        fixed (float* g = gate, u = up, y = h)
            Forward(g, u, y, gate.Length, threads);
    }

    /// <summary>∂u = dh · g·σ, ∂g = dh · u · σ·(1 + g·z′·(1 − σ)).</summary>
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
            (g * Sigmoid(T.Argument(g)) * Vector.Load(up + i)).Store(h + i);
        }

        for (; i < end; i++)
            h[i] = gate[i] * Sigmoid(T.Argument(gate[i])) * up[i];
    });

    private static void Backward(float* gate, float* up, float* dh, float* dGate, float* dUp, int length, int threads) =>
        InPieces(length, threads, (start, end) =>
    {
        nint i = start;
        for (; i <= end - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> g = Vector.Load(gate + i), s = Sigmoid(T.Argument(g)), d = Vector.Load(dh + i), u = Vector.Load(up + i);
            (d * g * s).Store(dUp + i);
            (d * u * s * (Vector<float>.One + g * T.Slope(g) * (Vector<float>.One - s))).Store(dGate + i);
        }

        for (; i < end; i++)
        {
            var (g, s, d, u) = (gate[i], Sigmoid(T.Argument(gate[i])), dh[i], up[i]);
            dUp[i] = d * g * s;
            dGate[i] = d * u * s * (1 + g * T.Slope(g) * (1 - s));
        }
    });

    private static void InPieces(int length, int threads, Action<int, int> work) =>
        Workers.For((length + Piece - 1) / Piece, threads, piece => work(piece * Piece, Math.Min(length, (piece + 1) * Piece)));

    private static Vector<float> Sigmoid(Vector<float> x) => Vector<float>.One / (Vector<float>.One + Vector.Exp(-x));

    private static float Sigmoid(float x) => 1 / (1 + MathF.Exp(-x));
}
