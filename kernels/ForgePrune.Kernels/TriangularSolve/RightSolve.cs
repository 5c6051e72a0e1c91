namespace ForgePrune.Kernels;

/// <summary>X·L = B and X·Lᵀ = B with the triangle on the right: each row of B (m × n) is solved by itself.</summary>
internal static unsafe class RightSolve
{
    // Rows of B solved together, one in each lane, eight vectors at a time: eight sums do not wait for each other, and 64 columns fill two thirds of level 1.
    private const int Bundle = 64;

    private delegate void Solve(double* x);

    /// <summary>B = B L⁻ᵀ in place.</summary>
    public static void LowerTransposed(double* l, int n, int lStride, double* b, int m, int bStride, int threads)
    {
        if (n <= Cholesky.Base)
        {
            var vectors = Implementations.Current;
            Bundles(n, b, m, bStride, threads, x =>
            {
                for (var j = 0; j < n; j++)
                    vectors.Substitute(x, j, l + (nint)j * lStride, 1, 0, j, l[(nint)j * lStride + j]);
            });
            return;
        }
        var half = Halves.Split(n);
        var below = l + (nint)half * lStride;
        LowerTransposed(l, half, lStride, b, m, bStride, threads);
        Product.Add(Transpose.No, Transpose.Yes, m, n - half, half, -1.0, b, bStride, below, lStride, b + half, bStride, threads);
        LowerTransposed(below + half, n - half, lStride, b + half, m, bStride, threads);
    }

    /// <summary>B = B L⁻¹ in place.</summary>
    public static void Lower(double* l, int n, int lStride, double* b, int m, int bStride, int threads)
    {
        if (n <= Cholesky.Base)
        {
            var vectors = Implementations.Current;
            Bundles(n, b, m, bStride, threads, x =>
            {
                for (var j = n - 1; j >= 0; j--)
                    vectors.Substitute(x, j, l + j, lStride, j + 1, n, l[(nint)j * lStride + j]);
            });
            return;
        }
        var half = Halves.Split(n);
        var below = l + (nint)half * lStride;
        Lower(below + half, n - half, lStride, b + half, m, bStride, threads);
        Product.Add(Transpose.No, Transpose.No, m, half, n - half, -1.0, b + half, bStride, below, lStride, b, bStride, threads);
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
            Transposition.Copy(rows, stride, count, n, x, Bundle);
            solve(x);
            Transposition.Copy(x, Bundle, n, count, rows, stride);
        });

    /// <summary>x_j = (x_j − Σ factor_i x_i) / pivot over i from <paramref name="from"/> to <paramref name="end"/>.</summary>
    internal static void Substitute<T>(double* x, int j, double* factors, nint step, int from, int end, double pivot) where T : struct, IWide<T>
    {
        var divisor = T.Create(pivot);
        for (var lane = 0; lane < Bundle; lane += 8 * T.Count)
        {
            var target = x + j * Bundle + lane;
            T s0 = T.Load(target), s1 = T.Load(target + T.Count), s2 = T.Load(target + 2 * T.Count), s3 = T.Load(target + 3 * T.Count);
            T s4 = T.Load(target + 4 * T.Count), s5 = T.Load(target + 5 * T.Count), s6 = T.Load(target + 6 * T.Count), s7 = T.Load(target + 7 * T.Count);
            for (var i = from; i < end; i++)
            {
                var factor = T.Create(-factors[i * step]);
                var other = x + i * Bundle + lane;
                s0 = T.MultiplyAdd(factor, T.Load(other), s0);
                s1 = T.MultiplyAdd(factor, T.Load(other + T.Count), s1);
                s2 = T.MultiplyAdd(factor, T.Load(other + 2 * T.Count), s2);
                s3 = T.MultiplyAdd(factor, T.Load(other + 3 * T.Count), s3);
                s4 = T.MultiplyAdd(factor, T.Load(other + 4 * T.Count), s4);
                s5 = T.MultiplyAdd(factor, T.Load(other + 5 * T.Count), s5);
                s6 = T.MultiplyAdd(factor, T.Load(other + 6 * T.Count), s6);
                s7 = T.MultiplyAdd(factor, T.Load(other + 7 * T.Count), s7);
            }
            (s0 / divisor).Store(target);
            (s1 / divisor).Store(target + T.Count);
            (s2 / divisor).Store(target + 2 * T.Count);
            (s3 / divisor).Store(target + 3 * T.Count);
            (s4 / divisor).Store(target + 4 * T.Count);
            (s5 / divisor).Store(target + 5 * T.Count);
            (s6 / divisor).Store(target + 6 * T.Count);
            (s7 / divisor).Store(target + 7 * T.Count);
        }
    }
}
