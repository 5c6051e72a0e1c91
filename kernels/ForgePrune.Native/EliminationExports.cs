using System.Runtime.InteropServices;
using ForgePrune.Kernels;
using static ForgePrune.Native.NativeSpan;

namespace ForgePrune.Native;

/// <summary>Which columns go, in which order, and what each costs.</summary>
internal static unsafe class EliminationExports
{
    [UnmanagedCallersOnly(EntryPoint = "fp_spd_inverse")]
    public static Status Inverse(double* a, long n, long stride, int threads) => NativeCall.Run(() =>
    {
        var matrix = Square(a, n, stride, "a");
        var pivot = Cholesky.Factor(matrix, Size(n, "n"), Size(stride, "stride"), threads);
        if (pivot >= 0)
            throw new NotPositiveDefiniteException("a", pivot);
        SpdInverse.FromFactor(matrix, (int)n, (int)stride, threads);
    });

    [UnmanagedCallersOnly(EntryPoint = "fp_eliminate_channels")]
    public static Status Channels(double* inverse, double* weightGram, long n, long stride, byte* dead, int* order, double* scores, int threads) =>
        NativeCall.Run(() =>
    {
        var flags = dead is null ? [] : new bool[Size(n, "n")];
        for (var i = 0; i < flags.Length; i++)
            flags[i] = dead[i] != 0;
        Write(ChannelElimination.Run(Square(inverse, n, stride, "inverse"), Square(weightGram, n, stride, "weight_gram"), Size(n, "n"), flags,
            Size(stride, "stride"), threads), order, scores);
    });

    [UnmanagedCallersOnly(EntryPoint = "fp_eliminate_groups")]
    public static Status Groups(double* inverse, double* weightGram, long n, long width, int* order, double* scores, int threads) => NativeCall.Run(() =>
    {
        ForeignMemory p = new(inverse, Matrix(inverse, n, n, n, "inverse").Length), g = new(weightGram, Matrix(weightGram, n, n, n, "weight_gram").Length);
        Write(GroupElimination.Run(p.Memory, g.Memory, Size(n, "n"), Size(width, "width"), threads), order, scores);
    });

    private static void Write(EliminationResult result, int* order, double* scores)
    {
        result.Order.CopyTo(Vector(order, result.Order.Length, "order"));
        result.Scores.CopyTo(Vector(scores, result.Scores.Length, "scores"));
    }
}
