using System.Numerics;
using System.Numerics.Tensors;

namespace ForgePrune.Kernels;

/// <summary>Reductions whose order depends on the length alone. Those of <see cref="TensorPrimitives"/> also depend on where the array happens to
/// lie, since they start at an aligned address: a run that resumes would end with other bits.</summary>
internal static class Sums
{
    public static float Dot(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
    {
        var (sum, i) = (Vector<float>.Zero, 0);
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
            sum = Vector.MultiplyAddEstimate(new Vector<float>(a[i..]), new Vector<float>(b[i..]), sum);
        var total = Vector.Sum(sum);
        for (; i < a.Length; i++)
            total += a[i] * b[i];
        return total;
    }

    public static float Max(ReadOnlySpan<float> a)
    {
        var (top, i) = (new Vector<float>(float.NegativeInfinity), 0);
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
            top = Vector.Max(top, new Vector<float>(a[i..]));
        var most = float.NegativeInfinity;
        for (var lane = 0; lane < Vector<float>.Count; lane++)
            most = MathF.Max(most, top[lane]);
        for (; i < a.Length; i++)
            most = MathF.Max(most, a[i]);
        return most;
    }

    /// <summary>Σ a², widened to float64 before it is squared.</summary>
    public static double Squares(ReadOnlySpan<float> a)
    {
        var (sum, i) = (Vector<double>.Zero, 0);
        for (; i <= a.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector.Widen(new Vector<float>(a[i..]), out var low, out var high);
            sum += low * low + high * high;
        }

        var total = Vector.Sum(sum);
        for (; i < a.Length; i++)
            total += (double)a[i] * a[i];
        return total;
    }

    /// <summary>target += x.</summary>
    public static void Add(ReadOnlySpan<float> x, Span<float> target) => TensorPrimitives.Add(target, x, target);
}
