using System.Numerics;
using System.Runtime.CompilerServices;

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

    // Rows and columns of one piece of work, and how many of them are packed at once. In float64 a piece reads 192 + 768 KiB of packed operands: the
    // right one stays in level 2 while the pieces below it pass, one panel of the left one (24 KiB) in level 1 while the columns pass. Its row of C is
    // 3 KiB, most of a page, and comes from memory at once.
    private const int PieceRows = 96, PieceCols = 384, Span = 4224;

    // With fewer pieces for each thread they are half as wide, so that no thread waits long for the last one.
    private const int Enough = 4;

    private const int Level1 = 32 << 10;

    // Below this many multiply-adds waking another thread costs more than it saves.
    private const long WorthThreads = 1 << 19;

    /// <summary>target += op(A) · op(B), m × n over depth k; with <paramref name="lower"/> only elements on and below the diagonal are touched.</summary>
    public static void Run<T, TTarget>(int m, int n, int k, Lanes<T> a, Lanes<T> b, TTarget target, bool lower, int threads)
        where T : unmanaged, INumber<T> where TTarget : struct, ITarget<T>
    {
        if ((long)m * n * k < WorthThreads)
            threads = 1;
        Implementations.Current.Product(m, n, k, a, b, target, lower, threads);
    }

    /// <summary>As above, with the micro-kernel named, so that tests reach each one.</summary>
    public static void Run<T, TTarget, TKernel>(int m, int n, int k, Lanes<T> a, Lanes<T> b, TTarget target, bool lower, int threads)
        where T : unmanaged, INumber<T> where TTarget : struct, ITarget<T> where TKernel : struct, IMicroKernel<T>
    {
        if (m == 0 || n == 0 || k == 0)
            return;
        var deepest = Math.Min(k, Depth);
        using var left = Packed<T>(deepest, Math.Min(m, Span), TKernel.Rows);
        using var right = Packed<T>(deepest, Math.Min(n, Span), TKernel.Cols);
        for (var col = 0; col < n; col += Span)
            for (var row = lower ? col / Span * Span : 0; row < m; row += Span)
                for (var from = 0; from < k; from += Depth)
                {
                    var block = new Block(row, Math.Min(Span, m - row), col, Math.Min(Span, n - col), from, Math.Min(Depth, k - from));
                    Pack<T, TKernel>(a, left.Pointer, b, right.Pointer, block, threads);
                    Multiply<T, TTarget, TKernel>(left.Pointer, right.Pointer, block, target, lower, threads);
                }
    }

    /// <summary>What is packed at once: rows of A, columns of B, and a stretch of the depth.</summary>
    private readonly record struct Block(int Row, int Rows, int Col, int Cols, int From, int Depth);

    private static Scratch<T> Packed<T>(int depth, int lanes, int width) where T : unmanaged => new((long)depth * Panels(lanes, width) * width);

    private static void Pack<T, TKernel>(Lanes<T> a, T* left, Lanes<T> b, T* right, Block block, int threads)
        where T : unmanaged where TKernel : struct, IMicroKernel<T>
    {
        int width = PieceCols / 2, piecesLeft = Panels(block.Rows, PieceRows), piecesRight = Panels(block.Cols, width);
        Workers.For(piecesLeft + piecesRight, threads, piece =>
        {
            if (piece < piecesLeft)
                PackPiece(a, block.Row, block.Rows, piece * PieceRows, PieceRows, block, TKernel.Rows, left);
            else
                PackPiece(b, block.Col, block.Cols, (piece - piecesLeft) * width, width, block, TKernel.Cols, right);
        });
    }

    private static void PackPiece<T>(Lanes<T> source, int first, int lanes, int start, int length, Block block, int width, T* target) where T : unmanaged
    {
        for (var lane = start; lane < Math.Min(lanes, start + length); lane += width)
            source.Pack(first + lane, Math.Min(width, lanes - lane), block.From, block.Depth, width, target + (nint)lane * block.Depth);
    }

    private static void Multiply<T, TTarget, TKernel>(T* left, T* right, Block block, TTarget target, bool lower, int threads)
        where T : unmanaged, INumber<T> where TTarget : struct, ITarget<T> where TKernel : struct, IMicroKernel<T>
    {
        var down = Panels(block.Rows, PieceRows);
        var width = down * Panels(block.Cols, PieceCols) < Enough * Workers.Count(threads) ? PieceCols / 2 : PieceCols;
        // Column by column of pieces, so that a thread finds the packed right operand where its last piece left it.
        Workers.For(down * Panels(block.Cols, width), threads, piece =>
        {
            int row = piece % down * PieceRows, col = piece / down * width;
            var (endRow, endCol) = (Math.Min(block.Rows, row + PieceRows), Math.Min(block.Cols, col + width));
            if (!lower || block.Col + col < block.Row + endRow)
                MultiplyPiece<T, TTarget, TKernel>(left, right, block, row, endRow, col, endCol, target, lower);
        });
    }

    private static void MultiplyPiece<T, TTarget, TKernel>(T* left, T* right, Block block, int firstRow, int endRow, int firstCol, int endCol, TTarget target,
        bool lower)
        where T : unmanaged, INumber<T> where TTarget : struct, ITarget<T> where TKernel : struct, IMicroKernel<T>
    {
        var memory = stackalloc T[TKernel.Rows * TKernel.Cols + CacheLines.Bytes / sizeof(T)];
        var tile = (T*)(((nint)memory + CacheLines.Bytes - 1) & -CacheLines.Bytes);
        // One panel stays in level 1 while those of the other operand pass. The right ones are wider: where one fills no more than half of level 1
        // it stays, and the left ones that pass are the lighter load on level 2.
        if (TKernel.Cols * Depth * sizeof(T) <= Level1 / 2)
        {
            for (var col = firstCol; col < endCol; col += TKernel.Cols)
                for (var row = firstRow; row < endRow; row += TKernel.Rows)
                    MultiplyTile<T, TTarget, TKernel>(left, right, block, row, endRow, col, endCol, target, lower, tile);
            return;
        }
        for (var row = firstRow; row < endRow; row += TKernel.Rows)
            for (var col = firstCol; col < endCol; col += TKernel.Cols)
                MultiplyTile<T, TTarget, TKernel>(left, right, block, row, endRow, col, endCol, target, lower, tile);
    }

    private static void MultiplyTile<T, TTarget, TKernel>(T* left, T* right, Block block, int row, int endRow, int col, int endCol, TTarget target, bool lower,
        T* tile)
        where T : unmanaged, INumber<T> where TTarget : struct, ITarget<T> where TKernel : struct, IMicroKernel<T>
    {
        var (targetRow, targetCol) = (block.Row + row, block.Col + col);
        int rows = Math.Min(TKernel.Rows, endRow - row), cols = Math.Min(TKernel.Cols, endCol - col);
        if (lower && targetCol >= targetRow + rows)
            return;
        // A tile of C lies on as many pages as it has rows: fetched only when it is added to, it would cost as much as a shallow product itself.
        for (var i = 0; i < rows; i++)
            target.Prefetch(targetRow + i, targetCol, TKernel.Cols);
        T* panelA = left + (nint)row * block.Depth, panelB = right + (nint)col * block.Depth;
        if (rows == TKernel.Rows && cols == TKernel.Cols && (!lower || targetCol + cols <= targetRow + 1))
        {
            TKernel.Multiply(panelA, panelB, block.Depth, target, targetRow, targetCol);
            return;
        }
        TKernel.Multiply(panelA, panelB, block.Depth, new TileTarget<T>(tile, TKernel.Cols), 0, 0);
        for (var i = 0; i < rows; i++)
            target.Add(targetRow + i, targetCol, tile + i * TKernel.Cols, lower ? Math.Min(cols, targetRow + i - targetCol + 1) : cols);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int Panels(int length, int width) => (length + width - 1) / width;
}
