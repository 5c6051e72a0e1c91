using System.Numerics;

namespace ForgePrune.Kernels;

/// <summary>One head's rows copied out of a matrix of heads, padded for <see cref="TileProduct"/>.</summary>
internal static unsafe class AttentionTiles
{
    /// <summary>target (rows × width) = factor · source.</summary>
    public static void Copy(float* source, nint sourceStride, int rows, int width, float* target, nint targetStride, float factor = 1)
    {
        for (var row = 0; row < rows; row++, source += sourceStride, target += targetStride)
            for (var i = 0; i < width; i++)
                target[i] = source[i] * factor;
    }

    /// <summary>target (width × rows) = sourceᵀ.</summary>
    public static void Transpose(float* source, nint sourceStride, int rows, int width, float* target, nint targetStride)
    {
        for (var i = 0; i < width; i++)
            for (var row = 0; row < rows; row++)
                target[i * targetStride + row] = source[row * sourceStride + i];
    }

    /// <summary>x = c·tanh(x/c).</summary>
    public static void Bound(Span<float> x, float cap)
    {
        System.Numerics.Tensors.TensorPrimitives.Multiply(x, 1 / cap, x);
        System.Numerics.Tensors.TensorPrimitives.Tanh<float>(x, x);
        System.Numerics.Tensors.TensorPrimitives.Multiply(x, cap, x);
    }

    /// <summary>d = d·(1 − (x/c)²) for x = c·tanh(s/c): the gradient of s from that of x.</summary>
    public static void Unbound(ReadOnlySpan<float> x, float cap, Span<float> d)
    {
        var squared = 1 / (cap * cap);
        for (var i = 0; i < d.Length; i++)
            d[i] *= 1 - (x[i] * x[i] * squared);
    }

    /// <summary>x = exp(x − shift), and the sum of it.</summary>
    public static float Exponentials(Span<float> x, float shift)
    {
        var (sum, i) = (Vector<float>.Zero, 0);
        for (; i <= x.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            var e = Vector.Exp(new Vector<float>(x[i..]) - new Vector<float>(shift));
            sum += e;
            e.CopyTo(x[i..]);
        }

        var total = Vector.Sum(sum);
        for (; i < x.Length; i++)
            total += x[i] = MathF.Exp(x[i] - shift);
        return total;
    }
}
