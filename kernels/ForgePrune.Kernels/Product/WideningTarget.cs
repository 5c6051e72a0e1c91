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
        {
            var (low, high) = Vector512.Widen(Vector512.Load(tile + i));
            (Vector512.Load(target + i) + low).Store(target + i);
            (Vector512.Load(target + i + Vector512<double>.Count) + high).Store(target + i + Vector512<double>.Count);
        }
        for (; i < width; i++)
            target[i] += tile[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Prefetch(nint row, nint col, int width) => CacheLines.Prefetch(c + row * stride + col, width);
}
