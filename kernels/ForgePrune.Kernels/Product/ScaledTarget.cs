using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ForgePrune.Kernels;

/// <summary>C += alpha · tile.</summary>
internal readonly unsafe struct ScaledTarget<T>(T* c, nint stride, T alpha) : ITarget<T> where T : unmanaged, INumber<T>
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(nint row, nint col, T* tile, int width)
    {
        var target = c + row * stride + col;
        var factor = Vector512.Create(alpha);
        var i = 0;
        for (; i <= width - Vector512<T>.Count; i += Vector512<T>.Count)
            (Vector512.Load(target + i) + factor * Vector512.Load(tile + i)).Store(target + i);
        for (; i < width; i++)
            target[i] += alpha * tile[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(nint row, nint col, Vector512<T> low, Vector512<T> high)
    {
        var target = c + row * stride + col;
        var factor = Vector512.Create(alpha);
        (Vector512.Load(target) + factor * low).Store(target);
        (Vector512.Load(target + Vector512<T>.Count) + factor * high).Store(target + Vector512<T>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(nint row, nint col, Vector<T> low, Vector<T> high)
    {
        var target = c + row * stride + col;
        var factor = Vector.Create(alpha);
        (Vector.Load(target) + factor * low).Store(target);
        (Vector.Load(target + Vector<T>.Count) + factor * high).Store(target + Vector<T>.Count);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(nint row, nint col, int width) => CacheLines.Prefetch(c + row * stride + col, width);
}
