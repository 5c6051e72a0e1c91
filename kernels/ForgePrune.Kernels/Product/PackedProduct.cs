using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ForgePrune.Kernels;

/// <summary>
/// The one product loop behind everything here. Both operands are packed into panels that the micro-kernel reads in order; the depth is cut into
/// blocks of <see cref="Depth"/>, whose sums are added to the target one after the other. Element (i, j) is thus always summed in the
/// same order, whatever the number of threads.
/// </summary>
internal static unsafe class PackedProduct
{
    /// <summary>Depth of one block: a panel of the right operand (2 vectors wide) then fills 32 KiB, and a float32 sum has at most 256 terms.</summary>
    public const int Depth = 256;

    // Rows of the left operand packed at once, columns of one piece of work, columns packed at once. In float64 a piece reads 240 + 768 KiB of
    // packed operands, which level 2 holds; one panel of the left operand (24 KiB) stays in level 1 while the columns pass.
    private const int BlockRows = 120, PieceCols = 384, BlockCols = 4224;

    // Below this many multiply-adds waking another thread costs more than it saves.
    private const long WorthThreads = 1 << 19;

    /// <summary>target += op(A) · op(B), m × n over depth k; with <paramref name="lower"/> only elements on and below the diagonal are touched.</summary>
    public static void Run<T, TTarget>(int m, int n, int k, Lanes<T> a, Lanes<T> b, TTarget target, bool lower, int threads)
        where T : unmanaged, INumber<T> where TTarget : struct, ITarget<T>
    {
        if ((long)m * n * k < WorthThreads)
            threads = 1;
        if (Vector512.IsHardwareAccelerated)
            Run<T, TTarget, MicroKernel512<T>>(m, n, k, a, b, target, lower, threads);
        else
            Run<T, TTarget, MicroKernelPortable<T>>(m, n, k, a, b, target, lower, threads);
    }

    /// <summary>As above, with the micro-kernel named, so that tests reach each one.</summary>
    public static void Run<T, TTarget, TKernel>(int m, int n, int k, Lanes<T> a, Lanes<T> b, TTarget target, bool lower, int threads)
        where T : unmanaged, INumber<T> where TTarget : struct, ITarget<T> where TKernel : struct, IMicroKernel<T>
    {
        if (m == 0 || n == 0 || k == 0)
            return;
        using var packed = new Scratch<T>((long)Math.Min(k, Depth) * Panels(Math.Min(n, BlockCols), TKernel.Cols) * TKernel.Cols);
        var right = packed.Pointer;
        for (var col = 0; col < n; col += BlockCols)
            for (var from = 0; from < k; from += Depth)
            {
                var cols = Math.Min(BlockCols, n - col);
                var depth = Math.Min(Depth, k - from);
                PackAll<T, TKernel>(b, col, cols, from, depth, right, threads);
                var pieces = Panels(cols, PieceCols);
                var blocks = Panels(m, BlockRows);
                var (firstCol, firstDepth) = (col, from);
                // Last rows first: with `lower` they are the longest, and long pieces should not start last.
                Workers.For(blocks * pieces, threads, piece =>
                {
                    var row = (blocks - 1 - piece / pieces) * BlockRows;
                    var start = piece % pieces * PieceCols;
                    var rows = Math.Min(BlockRows, m - row);
                    if (!lower || firstCol + start < row + rows)
                        Block<T, TTarget, TKernel>(a, right, new(row, rows, firstCol, start, Math.Min(PieceCols, cols - start), firstDepth, depth), target, lower);
                });
            }
    }

    private readonly record struct Piece(int Row, int Rows, int PackedCol, int Start, int Cols, int From, int Depth);

    private static void Block<T, TTarget, TKernel>(Lanes<T> a, T* right, Piece piece, TTarget target, bool lower)
        where T : unmanaged, INumber<T> where TTarget : struct, ITarget<T> where TKernel : struct, IMicroKernel<T>
    {
        var panels = Panels(piece.Rows, TKernel.Rows);
        using var packed = new Scratch<T>((long)panels * TKernel.Rows * piece.Depth);
        using var tileMemory = new Scratch<T>(TKernel.Rows * TKernel.Cols);
        var tile = tileMemory.Pointer;
        for (var panel = 0; panel < panels; panel++)
        {
            var row = panel * TKernel.Rows;
            a.Pack(piece.Row + row, Math.Min(TKernel.Rows, piece.Rows - row), piece.From, piece.Depth, TKernel.Rows, packed.Pointer + (nint)row * piece.Depth);
        }
        for (var row = 0; row < piece.Rows; row += TKernel.Rows)
            for (var start = 0; start < piece.Cols; start += TKernel.Cols)
            {
                var firstRow = piece.Row + row;
                var firstCol = piece.PackedCol + piece.Start + start;
                var rows = Math.Min(TKernel.Rows, piece.Rows - row);
                if (lower && firstCol >= firstRow + rows)
                    break;
                // A tile of C lies on as many pages as it has rows: fetched only when it is added to, it would cost as much as a shallow product itself.
                for (var i = 0; i < rows; i++)
                    target.Prefetch(firstRow + i, firstCol, TKernel.Cols);
                TKernel.Multiply(packed.Pointer + (nint)row * piece.Depth, right + (nint)(piece.Start + start) * piece.Depth, piece.Depth, tile);
                var cols = Math.Min(TKernel.Cols, piece.Cols - start);
                for (var i = 0; i < rows; i++)
                    target.Add(firstRow + i, firstCol, tile + i * TKernel.Cols, lower ? Math.Min(cols, firstRow + i - firstCol + 1) : cols);
            }
    }

    private static void PackAll<T, TKernel>(Lanes<T> b, int col, int cols, int from, int depth, T* target, int threads)
        where T : unmanaged where TKernel : struct, IMicroKernel<T>
    {
        var perPiece = PieceCols / TKernel.Cols;
        var panels = Panels(cols, TKernel.Cols);
        Workers.For(Panels(panels, perPiece), threads, piece =>
        {
            for (var panel = piece * perPiece; panel < Math.Min(panels, (piece + 1) * perPiece); panel++)
            {
                var start = panel * TKernel.Cols;
                b.Pack(col + start, Math.Min(TKernel.Cols, cols - start), from, depth, TKernel.Cols, target + (nint)start * depth);
            }
        });
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Panels(int length, int width) => (length + width - 1) / width;
}
