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
    public static void Multiply<TTarget>(T* a, T* b, int depth, TTarget target, nint row, nint col) where TTarget : struct, ITarget<T>
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
        target.Add(row, col, l0, h0);
        target.Add(row + 1, col, l1, h1);
        target.Add(row + 2, col, l2, h2);
        target.Add(row + 3, col, l3, h3);
        target.Add(row + 4, col, l4, h4);
        target.Add(row + 5, col, l5, h5);
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
}
