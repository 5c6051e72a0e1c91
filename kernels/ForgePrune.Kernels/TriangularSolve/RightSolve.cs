using System.Runtime.Intrinsics;

namespace ForgePrune.Kernels;

/// <summary>X·L = B and X·Lᵀ = B with the triangle on the right: each row of B (m × n) is solved by itself.</summary>
internal static unsafe class RightSolve
{
    // Rows of B solved together, one in each lane: eight sums that do not wait for each other, and 64 columns of them fill two thirds of level 1.
    private const int Bundle = 64;

    private delegate void Solve(double* x);

    /// <summary>B = B L⁻ᵀ in place.</summary>
    public static void LowerTransposed(double* l, int n, int lStride, double* b, int m, int bStride, int threads)
    {
        if (n <= Cholesky.Base)
        {
            Bundles(n, b, m, bStride, threads, x =>
            {
                for (var j = 0; j < n; j++)
                    Substitute(x, j, l + (nint)j * lStride, 1, 0, j, l[(nint)j * lStride + j]);
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
            Bundles(n, b, m, bStride, threads, x =>
            {
                for (var j = n - 1; j >= 0; j--)
                    Substitute(x, j, l + j, lStride, j + 1, n, l[(nint)j * lStride + j]);
            });
            return;
        }
        var half = Halves.Split(n);
        var below = l + (nint)half * lStride;
        Lower(below + half, n - half, lStride, b + half, m, bStride, threads);
        Product.Add(Operand.Plain, Operand.Plain, m, half, n - half, -1.0, b + half, bStride, below, lStride, b, bStride, threads);
        Lower(l, half, lStride, b, m, bStride, threads);
    }

    /// <summary>Solves the rows of B by bundles: element (row, col) of a bundle lies at x[col · Bundle + row].</summary>
    private static void Bundles(int n, double* b, int m, int stride, int threads, Solve solve) =>
        Workers.For((m + Bundle - 1) / Bundle, (long)m * n < 1 << 13 ? 1 : threads, piece =>
        {
            using var memory = new Scratch<double>(Cholesky.Base * Bundle);
            var x = memory.Pointer;
            var rows = b + (nint)piece * Bundle * stride;
            var count = Math.Min(Bundle, m - piece * Bundle);
            new Span<double>(x, n * Bundle).Clear();
            Transpose.Copy(rows, stride, count, n, x, Bundle);
            solve(x);
            Transpose.Copy(x, Bundle, n, count, rows, stride);
        });

    /// <summary>x_j = (x_j − Σ factor_i x_i) / pivot over i from <paramref name="from"/> to <paramref name="end"/>.</summary>
    private static void Substitute(double* x, int j, double* factors, nint step, int from, int end, double pivot)
    {
        var target = x + j * Bundle;
        Vector512<double> s0 = Vector512.Load(target), s1 = Vector512.Load(target + 8), s2 = Vector512.Load(target + 16), s3 = Vector512.Load(target + 24);
        Vector512<double> s4 = Vector512.Load(target + 32), s5 = Vector512.Load(target + 40), s6 = Vector512.Load(target + 48), s7 = Vector512.Load(target + 56);
        for (var i = from; i < end; i++)
        {
            var factor = Vector512.Create(-factors[i * step]);
            var other = x + i * Bundle;
            s0 = Vector512.MultiplyAddEstimate(factor, Vector512.Load(other), s0);
            s1 = Vector512.MultiplyAddEstimate(factor, Vector512.Load(other + 8), s1);
            s2 = Vector512.MultiplyAddEstimate(factor, Vector512.Load(other + 16), s2);
            s3 = Vector512.MultiplyAddEstimate(factor, Vector512.Load(other + 24), s3);
            s4 = Vector512.MultiplyAddEstimate(factor, Vector512.Load(other + 32), s4);
            s5 = Vector512.MultiplyAddEstimate(factor, Vector512.Load(other + 40), s5);
            s6 = Vector512.MultiplyAddEstimate(factor, Vector512.Load(other + 48), s6);
            s7 = Vector512.MultiplyAddEstimate(factor, Vector512.Load(other + 56), s7);
        }
        var divisor = Vector512.Create(pivot);
        (s0 / divisor).Store(target);
        (s1 / divisor).Store(target + 8);
        (s2 / divisor).Store(target + 16);
        (s3 / divisor).Store(target + 24);
        (s4 / divisor).Store(target + 32);
        (s5 / divisor).Store(target + 40);
        (s6 / divisor).Store(target + 48);
        (s7 / divisor).Store(target + 56);
    }
}
