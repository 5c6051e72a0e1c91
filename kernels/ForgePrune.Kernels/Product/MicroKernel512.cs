using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
namespace ForgePrune.Kernels;

/// <summary>12 rows × 2 vectors of 512 bits: 24 sums, 2 columns vectors and 1 broadcast fill 27 of the 32 registers, and 14 loads feed 24 multiply-adds.</summary>
internal readonly unsafe struct MicroKernel512<T> : IMicroKernel<T> where T : unmanaged, INumber<T>
{
    public static int Rows => 12;

    public static int Cols => 2 * Vector512<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(T* a, T* b, int depth, T* tile)
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
        Store(tile, 0, l0, h0);
        Store(tile, 1, l1, h1);
        Store(tile, 2, l2, h2);
        Store(tile, 3, l3, h3);
        Store(tile, 4, l4, h4);
        Store(tile, 5, l5, h5);
        Store(tile, 6, l6, h6);
        Store(tile, 7, l7, h7);
        Store(tile, 8, l8, h8);
        Store(tile, 9, l9, h9);
        Store(tile, 10, l10, h10);
        Store(tile, 11, l11, h11);
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

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(T* tile, int row, Vector512<T> low, Vector512<T> high)
    {
        low.Store(tile + row * 2 * Vector512<T>.Count);
        high.Store(tile + (row * 2 + 1) * Vector512<T>.Count);
    }
}
