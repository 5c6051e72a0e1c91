using System.Runtime.InteropServices;
using ForgePrune.Kernels;
using static ForgePrune.Native.NativeSpan;

namespace ForgePrune.Native;

/// <summary>The one factor that all levels of a layer come from, behind a handle.</summary>
internal static unsafe class LevelExports
{
    [UnmanagedCallersOnly(EntryPoint = "fp_levels_create")]
    public static Status Create(double* hessian, long n, long stride, double* moment, long rows, long momentStride, int* order, long count, double* energy,
        int threads, nint* levels) => Make(levels, () => LevelFactor.Create(
        Square(hessian, n, stride, "hessian"), Size(n, "n"), Size(stride, "stride"), Matrix(moment, rows, n, momentStride, "moment"), Size(rows, "rows"),
        Size(momentStride, "moment_stride"), Vector(order, count, "order"), threads, energy is null ? null : *energy));

    [UnmanagedCallersOnly(EntryPoint = "fp_levels_from_weights")]
    public static Status FromWeights(double* hessian, long n, long stride, double* weights, long rows, long weightStride, int* order, int threads,
        nint* levels) =>
        Make(levels, () => LevelFactor.FromWeights(
            Square(hessian, n, stride, "hessian"), Size(n, "n"), Size(stride, "stride"), Matrix(weights, rows, n, weightStride, "weights"),
                Size(rows, "rows"),
            Size(weightStride, "weight_stride"), Vector(order, n, "order"), threads));

    [UnmanagedCallersOnly(EntryPoint = "fp_levels_from_inverse")]
    public static Status FromInverse(double* inverseFactor, long stride, double* moment, long rows, long n, long momentStride, int* order, long count,
        double* energy, int threads, nint* levels) => Make(levels, () => LevelFactor.FromInverse(
        // The handle outlives the caller's memory, so it keeps a copy.
        Square(inverseFactor, count, stride, "inverse_factor").ToArray(), Size(stride, "stride"), Matrix(moment, rows, n, momentStride, "moment"),
        Size(rows, "rows"), Size(n, "n"), Size(momentStride, "moment_stride"), Vector(order, count, "order"), threads, energy is null ? null : *energy));

    [UnmanagedCallersOnly(EntryPoint = "fp_levels_errors")]
    public static Status Errors(nint levels, double* errors, long length) => NativeCall.Run(() =>
    {
        var curve = Of(levels).Errors;
        if (length != curve.Count)
            throw new ArgumentException(
                $"errors has room for {length} values where the curve has {curve.Count}, one for each number of kept columns from 0 on");
        var target = Vector(errors, length, "errors");
        for (var i = 0; i < curve.Count; i++)
            target[i] = curve[i];
    });

    [UnmanagedCallersOnly(EntryPoint = "fp_levels_refit_f32")]
    public static Status RefitSingle(nint levels, long k, float* weights, long stride) => NativeCall.Run(() =>
    {
        var factor = Of(levels);
        factor.Refit(Size(k, "k"), Matrix(weights, factor.Rows, k, stride, "weights"), Size(stride, "stride"));
    });

    [UnmanagedCallersOnly(EntryPoint = "fp_levels_refit_f64")]
    public static Status RefitDouble(nint levels, long k, double* weights, long stride) => NativeCall.Run(() =>
    {
        var factor = Of(levels);
        factor.Refit(Size(k, "k"), Matrix(weights, factor.Rows, k, stride, "weights"), Size(stride, "stride"));
    });

    [UnmanagedCallersOnly(EntryPoint = "fp_levels_free")]
    public static void Free(nint levels)
    {
        if (levels != 0)
            GCHandle.FromIntPtr(levels).Free();
    }

    private static Status Make(nint* levels, Func<LevelFactor> make) => NativeCall.Run(() =>
    {
        if (levels is null)
            throw new ArgumentException("levels is a null pointer where the handle is to go");
        *levels = 0;
        *levels = GCHandle.ToIntPtr(GCHandle.Alloc(make()));
    });

    private static LevelFactor Of(nint levels) =>
        levels != 0 ? (LevelFactor)GCHandle.FromIntPtr(levels).Target! : throw new ArgumentException("levels is a null handle; make one with fp_levels_create");
}
