using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
namespace ForgePrune.Kernels;

/// <summary>12 rows × 2 vectors of 512 bits: 24 sums, 2 columns vectors and 1 broadcast fill 27 of the 32 registers, and 14 loads feed 24
/// multiply-adds.</summary>
internal readonly unsafe struct MicroKernel512<T> : IMicroKernel<T> where T : unmanaged, INumber<T>
{
    public static int Rows => 12;

    public static int Cols => 2 * Vector512<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply<TTarget>(T* a, T* b, int depth, TTarget target, nint row, nint col) where TTarget : struct, ITarget<T>
    {
        Vector512<T> l0 = Vector512<T>.Zero, h0 = Vector512<T>.Zero;
        Vector512<T> l1 = Vector512<T>.Zero, h1 = Vector512<T>.Zero;
        Vector512<T> l2 = Vector512<T>.Zero, h2 = Vector512<T>.Zero;
        Vector512<T> l3 = Vector512<T>.Zero, h3 = Vector512<T>.Zero;
        Vector512<T> l4 = Vector512<T>.Zero, h4 = Vector512<T>.Zero;
        Vector512<T> l5 = Vector512<T>.Zero, h5 = Vector512<T>.Zero;
        Vector512<T> l6 = Vector512<T>.Zero, h6 = Vector512<T>.Zero;
        Vector512<T> l7 = Vector512<T>.Zero, h7 = Vector512<T>.Zero;
        Vector512<T> l8 = Vector512<T>.Zero, h8 = Vector512<T>.Zero;
        Vector512<T> l9 = Vector512<T>.Zero, h9 = Vector512<T>.Zero;
        Vector512<T> l10 = Vector512<T>.Zero, h10 = Vector512<T>.Zero;
        Vector512<T> l11 = Vector512<T>.Zero, h11 = Vector512<T>.Zero;
        for (var d = 0; d < depth; d++, a += 12, b += 2 * Vector512<T>.Count)
        {
            var low = Vector512.Load(b);
            var high = Vector512.Load(b + Vector512<T>.Count);
            Step(a[0], low, high, ref l0, ref h0);
            Step(a[1], low, high, ref l1, ref h1);
            Step(a[2], low, high, ref l2, ref h2);
            Step(a[3], low, high, ref l3, ref h3);
            Step(a[4], low, high, ref l4, ref h4);
            Step(a[5], low, high, ref l5, ref h5);
            Step(a[6], low, high, ref l6, ref h6);
            Step(a[7], low, high, ref l7, ref h7);
            Step(a[8], low, high, ref l8, ref h8);
            Step(a[9], low, high, ref l9, ref h9);
            Step(a[10], low, high, ref l10, ref h10);
            Step(a[11], low, high, ref l11, ref h11);
        }
        target.Add(row, col, l0, h0);
        target.Add(row + 1, col, l1, h1);
        target.Add(row + 2, col, l2, h2);
        target.Add(row + 3, col, l3, h3);
        target.Add(row + 4, col, l4, h4);
        target.Add(row + 5, col, l5, h5);
        target.Add(row + 6, col, l6, h6);
        target.Add(row + 7, col, l7, h7);
        target.Add(row + 8, col, l8, h8);
        target.Add(row + 9, col, l9, h9);
        target.Add(row + 10, col, l10, h10);
        target.Add(row + 11, col, l11, h11);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(T a, Vector512<T> low, Vector512<T> high, ref Vector512<T> l, ref Vector512<T> h)
    {
        var factor = Vector512.Create(a);
        l = MultiplyAdd(factor, low, l);
        h = MultiplyAdd(factor, high, h);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<T> MultiplyAdd(Vector512<T> x, Vector512<T> y, Vector512<T> sum) => typeof(T) == typeof(float)
        ? Vector512.FusedMultiplyAdd(x.As<T, float>(), y.As<T, float>(), sum.As<T, float>()).As<float, T>()
        : Vector512.FusedMultiplyAdd(x.As<T, double>(), y.As<T, double>(), sum.As<T, double>()).As<double, T>();
}
