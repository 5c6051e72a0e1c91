using System.Numerics;
using System.Runtime.CompilerServices;

namespace ForgePrune.Kernels;

/// <summary>
/// 6 rows × 2 vectors of whatever width <see cref="Vector{T}"/> has here (256 bits with AVX2, 128 with NEON or SSE): 12 sums, 2 column vectors and
/// 1 broadcast fill 15 of 16 registers. The multiply-add is fused where the machine has it.
/// </summary>
internal readonly unsafe struct MicroKernelPortable<T> : IMicroKernel<T> where T : unmanaged, INumber<T>
{
    public static int Rows => 6;

    public static int Cols => 2 * Vector<T>.Count;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Multiply(T* a, T* b, int depth, T* tile)
    {
        Vector<T> l0 = Vector<T>.Zero, h0 = Vector<T>.Zero;
        Vector<T> l1 = Vector<T>.Zero, h1 = Vector<T>.Zero;
        Vector<T> l2 = Vector<T>.Zero, h2 = Vector<T>.Zero;
        Vector<T> l3 = Vector<T>.Zero, h3 = Vector<T>.Zero;
        Vector<T> l4 = Vector<T>.Zero, h4 = Vector<T>.Zero;
        Vector<T> l5 = Vector<T>.Zero, h5 = Vector<T>.Zero;
        for (var d = 0; d < depth; d++, a += 6, b += 2 * Vector<T>.Count)
        {
            var low = Vector.Load(b);
            var high = Vector.Load(b + Vector<T>.Count);
            Step(a[0], low, high, ref l0, ref h0);
            Step(a[1], low, high, ref l1, ref h1);
            Step(a[2], low, high, ref l2, ref h2);
            Step(a[3], low, high, ref l3, ref h3);
            Step(a[4], low, high, ref l4, ref h4);
            Step(a[5], low, high, ref l5, ref h5);
        }
        Store(tile, 0, l0, h0);
        Store(tile, 1, l1, h1);
        Store(tile, 2, l2, h2);
        Store(tile, 3, l3, h3);
        Store(tile, 4, l4, h4);
        Store(tile, 5, l5, h5);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Step(T a, Vector<T> low, Vector<T> high, ref Vector<T> l, ref Vector<T> h)
    {
        var factor = Vector.Create(a);
        l = MultiplyAdd(factor, low, l);
        h = MultiplyAdd(factor, high, h);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector<T> MultiplyAdd(Vector<T> x, Vector<T> y, Vector<T> sum) => typeof(T) == typeof(float)
        ? Vector.MultiplyAddEstimate(x.As<T, float>(), y.As<T, float>(), sum.As<T, float>()).As<float, T>()
        : Vector.MultiplyAddEstimate(x.As<T, double>(), y.As<T, double>(), sum.As<T, double>()).As<double, T>();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(T* tile, int row, Vector<T> low, Vector<T> high)
    {
        low.Store(tile + row * 2 * Vector<T>.Count);
        high.Store(tile + (row * 2 + 1) * Vector<T>.Count);
    }
}
