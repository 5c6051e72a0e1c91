namespace ForgePrune.Kernels;

/// <summary>The length of a gradient, and the factor that brings it under a limit.</summary>
public static unsafe class GradientNorm
{
    private const int Piece = 1 << 16;

    /// <summary>Computes √Σ g², squared and summed in float64.</summary>
    /// <param name="gradient">Gradient of any shape, as one vector.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentOutOfRangeException">The number of threads is negative.</exception>
    public static double Of(ReadOnlySpan<float> gradient, int threads)
    {
        fixed (float* g = gradient)
            return Math.Sqrt(Squares(g, gradient.Length, threads));
    }

    /// <summary>Computes min(1, limit / norm), the factor of a clipped gradient (Pascanu, Mikolov and Bengio 2013, algorithm 1).</summary>
    /// <param name="norm">Norm of the gradient.</param>
    /// <param name="limit">The greatest norm that is left alone; infinity clips nothing.</param>
    public static float Clip(double norm, double limit) => norm > limit ? (float)(limit / norm) : 1;

    private static double Squares(float* gradient, int length, int threads)
    {
        var pieces = (length + Piece - 1) / Piece;
        using var scratch = new Scratch<double>(pieces);
        var sums = scratch.Pointer;
        Workers.For(pieces, threads, piece => sums[piece] = Sums.Squares(new(gradient + (nint)piece * Piece, Math.Min(Piece, length - piece * Piece))));
        var total = 0.0;
        for (var piece = 0; piece < pieces; piece++)
            total += sums[piece];
        return total;
    }
}
