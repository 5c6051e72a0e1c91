using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>X·L = B and X·Lᵀ = B with the triangle on the right: each row of B (m × n) is solved by itself.</summary>
internal static unsafe class RightSolve
{
    // Rows taken by one piece of work.
    private const int Piece = 64;

    /// <summary>B = B L⁻ᵀ in place.</summary>
    public static void LowerTransposed(double* l, int n, int lStride, double* b, int m, int bStride, int threads)
    {
        if (n <= Cholesky.Base)
        {
            // The upper triangle U = Lᵀ by rows, so that every step runs along memory.
            using var transposed = new Scratch<double>(n * n);
            var u = transposed.Pointer;
            for (var i = 0; i < n; i++)
                for (var j = 0; j <= i; j++)
                    u[j * n + i] = l[(nint)i * lStride + j];
            Rows(m, n, threads, row =>
            {
                var x = new Span<double>(b + (nint)row * bStride, n);
                for (var j = 0; j < n; j++)
                {
                    x[j] /= u[j * n + j];
                    Subtract(x[(j + 1)..], x[j], new(u + j * n + j + 1, n - j - 1));
                }
            });
            return;
        }
        var half = Halves.Split(n);
        var below = l + (nint)half * lStride;
        LowerTransposed(l, half, lStride, b, m, bStride, threads);
        Product.Add(Operand.Plain, Operand.Transposed, m, n - half, half, -1.0, b, bStride, below, lStride, b + half, bStride, threads);
        LowerTransposed(below + half, n - half, lStride, b + half, m, bStride, threads);
    }

    /// <summary>B = B L⁻¹ in place.</summary>
    public static void Lower(double* l, int n, int lStride, double* b, int m, int bStride, int threads)
    {
        if (n <= Cholesky.Base)
        {
            Rows(m, n, threads, row =>
            {
                var x = new Span<double>(b + (nint)row * bStride, n);
                for (var j = n - 1; j >= 0; j--)
                {
                    x[j] /= l[(nint)j * lStride + j];
                    Subtract(x[..j], x[j], new(l + (nint)j * lStride, j));
                }
            });
            return;
        }
        var half = Halves.Split(n);
        var below = l + (nint)half * lStride;
        Lower(below + half, n - half, lStride, b + half, m, bStride, threads);
        Product.Add(Operand.Plain, Operand.Plain, m, half, n - half, -1.0, b + half, bStride, below, lStride, b, bStride, threads);
        Lower(l, half, lStride, b, m, bStride, threads);
    }

    private static void Subtract(Span<double> x, double factor, ReadOnlySpan<double> row) => TensorPrimitives.MultiplyAdd(row, -factor, x, x);

    private static void Rows(int m, int n, int threads, Action<int> solve) => Workers.For((m + Piece - 1) / Piece, (long)m * n < 1 << 12 ? 1 : threads, piece =>
    {
        for (var row = piece * Piece; row < Math.Min(m, (piece + 1) * Piece); row++)
            solve(row);
    });
}
