using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ForgePrune.Perf;

/// <summary>The arithmetic roof of this machine: multiply-adds on registers only, on all processors at once.</summary>
internal static class Roof
{
    // Sums that do not depend on each other: two units of latency 4 need 8, and 12 leave room.
    private const int Sums = 12, Steps = 40_000_000;

    /// <summary>GFLOP/s of float (4 bytes) or double on so many threads; 0 means all processors.</summary>
    public static double Measure<T>(int threads = 0) where T : unmanaged, INumber<T>
    {
        threads = threads == 0 ? Environment.ProcessorCount : threads;
        Spin<T>(1_000_000);
        return Enumerable.Range(0, 3).Max(_ =>
        {
            var clock = Stopwatch.StartNew();
            All<T>(threads);
            return Operations<T>(threads) / clock.Elapsed.TotalSeconds / 1e9;
        });
    }

    /// <summary>GFLOP per second of processor time while so many threads compute. What the processors do for others does not lower it.</summary>
    public static double PerProcessor<T>(int threads) where T : unmanaged, INumber<T>
    {
        Spin<T>(1_000_000);
        var begun = Environment.CpuUsage.UserTime;
        All<T>(threads);
        return Operations<T>(threads) / (Environment.CpuUsage.UserTime - begun).TotalSeconds / 1e9;
    }

    private static void All<T>(int threads) where T : unmanaged, INumber<T> =>
        Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads }, _ => Spin<T>(Steps));

    private static double Operations<T>(int threads) where T : unmanaged, INumber<T> =>
        2.0 * (Vector512.IsHardwareAccelerated ? Vector512<T>.Count : Vector<T>.Count) * Sums * Steps * threads;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Spin<T>(int steps) where T : unmanaged, INumber<T>
    {
        var sum = Vector512.IsHardwareAccelerated ? Spin512<T>(steps) : SpinPortable<T>(steps);
        if (T.IsNaN(sum))
            throw new InvalidOperationException("The roof's sums must stay finite.");
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static T Spin512<T>(int steps) where T : unmanaged, INumber<T>
    {
        var x = Vector512.Create(T.CreateChecked(0.999));
        Vector512<T> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (var step = 0; step < steps; step++)
        {
            a = Fma(a, x); b = Fma(b, x); c = Fma(c, x); d = Fma(d, x); e = Fma(e, x); f = Fma(f, x);
            g = Fma(g, x); h = Fma(h, x); i = Fma(i, x); j = Fma(j, x); k = Fma(k, x); l = Fma(l, x);
        }
        return Vector512.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static T SpinPortable<T>(int steps) where T : unmanaged, INumber<T>
    {
        var x = Vector.Create(T.CreateChecked(0.999));
        Vector<T> a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (var step = 0; step < steps; step++)
        {
            a = Fma(a, x); b = Fma(b, x); c = Fma(c, x); d = Fma(d, x); e = Fma(e, x); f = Fma(f, x);
            g = Fma(g, x); h = Fma(h, x); i = Fma(i, x); j = Fma(j, x); k = Fma(k, x); l = Fma(l, x);
        }
        return Vector.Sum(a + b + c + d + e + f + g + h + i + j + k + l);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> Fma<T>(Vector512<T> sum, Vector512<T> x) => typeof(T) == typeof(float)
        ? Vector512.FusedMultiplyAdd(sum.As<T, float>(), x.As<T, float>(), x.As<T, float>()).As<float, T>()
        : Vector512.FusedMultiplyAdd(sum.As<T, double>(), x.As<T, double>(), x.As<T, double>()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> Fma<T>(Vector<T> sum, Vector<T> x) => typeof(T) == typeof(float)
        ? Vector.MultiplyAddEstimate(sum.As<T, float>(), x.As<T, float>(), x.As<T, float>()).As<float, T>()
        : Vector.MultiplyAddEstimate(sum.As<T, double>(), x.As<T, double>(), x.As<T, double>()).As<double, T>();
}
