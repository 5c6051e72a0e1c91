namespace ForgePrune.Kernels;

/// <summary>The length of a gradient, and the factor that brings it under a limit.</summary>
public static unsafe class GradientNorm
{
    private const int Piece = 1 << 16;

    /// <summary>√Σ g², squared and summed in float64.</summary>
    public static double Of(ReadOnlySpan<float> gradient, int threads)
    {
        fixed (float* g = gradient)
            return Math.Sqrt(Squares(g, gradient.Length, threads));
    }

    /// <summary>min(1, limit / norm): what a gradient is multiplied by (Pascanu and others 2013). A limit of infinity leaves it alone.</summary>
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
