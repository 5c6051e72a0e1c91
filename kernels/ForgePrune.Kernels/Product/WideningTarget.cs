using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ForgePrune.Kernels;

/// <summary>Adds float32 tiles to a float64 matrix: each tile is the sum over one block of the depth, so long sums are formed in float64.</summary>
internal readonly unsafe struct WideningTarget(double* c, nint stride) : ITarget<float>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(nint row, nint col, float* tile, int width)
    {
        var target = c + row * stride + col;
        var i = 0;
        for (; i <= width - Vector512<float>.Count; i += Vector512<float>.Count)
            Add(target + i, Vector512.Load(tile + i));
        for (; i < width; i++)
            target[i] += tile[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(nint row, nint col, Vector512<float> low, Vector512<float> high)
    {
        var target = c + row * stride + col;
        Add(target, low);
        Add(target + Vector512<float>.Count, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(nint row, nint col, Vector<float> low, Vector<float> high)
    {
        var target = c + row * stride + col;
        Add(target, low);
        Add(target + Vector<float>.Count, high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(double* target, Vector512<float> values)
    {
        var (low, high) = Vector512.Widen(values);
        (Vector512.Load(target) + low).Store(target);
        (Vector512.Load(target + Vector512<double>.Count) + high).Store(target + Vector512<double>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Add(double* target, Vector<float> values)
    {
        Vector.Widen(values, out var low, out var high);
        (Vector.Load(target) + low).Store(target);
        (Vector.Load(target + Vector<double>.Count) + high).Store(target + Vector<double>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(nint row, nint col, int width) => CacheLines.Prefetch(c + row * stride + col, width);
}
