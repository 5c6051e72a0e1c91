using System.Numerics;

namespace ForgePrune.Kernels;

/// <summary>Losses of one row of logits z with q = softmax(z). The gradient takes the logits' place. Sums are float64 over blocks.</summary>
internal static class SoftmaxLoss
{
    private const int Block = 4096;

    /// <summary>−ln q[target]; z becomes scale · (q − 1 at the target).</summary>
    public static double CrossEntropy(Span<float> z, int target, float scale)
    {
        var chosen = z[target];
        var (top, sum) = Exponentials(z);
        Multiply(z, (float)(scale / sum));
        z[target] -= scale;
        return Math.Log(sum) - (chosen - top);
    }

    /// <summary>KL(p ‖ q) for p = softmax(truth); z becomes scale · (q − p). The truth's row is used up.</summary>
    /// <remarks>Σ p (ln p − ln q) = Σ p (t − z) − ln Σ e^t + ln Σ e^z, everything relative to the rows' maxima so that the differences are small.</remarks>
    public static double Divergence(Span<float> z, Span<float> truth, float scale)
    {
        var (topZ, topTruth) = (Sums.Max(z), Sums.Max(truth));
        double sumZ = 0, sumTruth = 0, apart = 0;
        for (var start = 0; start < z.Length; start += Block)
        {
            var length = Math.Min(Block, z.Length - start);
            var part = Together(z.Slice(start, length), truth.Slice(start, length), topZ, topTruth);
            sumZ += part.Z;
            sumTruth += part.Truth;
            apart += part.Apart;
        }

        Difference(z, (float)(scale / sumZ), truth, (float)(scale / sumTruth));
        return apart / sumTruth - Math.Log(sumTruth) + Math.Log(sumZ);
    }

    private static (float Top, double Sum) Exponentials(Span<float> z)
    {
        var top = Sums.Max(z);
        var sum = 0.0;
        for (var start = 0; start < z.Length; start += Block)
            sum += AttentionTiles.Exponentials(z.Slice(start, Math.Min(Block, z.Length - start)), top);
        return (top, sum);
    }

    /// <summary>Both rows become exponentials. Gives their sums and Σ e^t (t − z).</summary>
    private static (float Z, float Truth, float Apart) Together(Span<float> z, Span<float> truth, float topZ, float topTruth)
    {
        Vector<float> sumZ = default, sumTruth = default, sumApart = default;
        var i = 0;
        for (; i <= z.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> a = new Vector<float>(z[i..]) - new Vector<float>(topZ), b = new Vector<float>(truth[i..]) - new Vector<float>(topTruth);
            Vector<float> expA = Vector.Exp(a), expB = Vector.Exp(b);
            sumZ += expA;
            sumTruth += expB;
            sumApart = Vector.MultiplyAddEstimate(expB, b - a, sumApart);
            expA.CopyTo(z[i..]);
            expB.CopyTo(truth[i..]);
        }

        float totalZ = Vector.Sum(sumZ), totalTruth = Vector.Sum(sumTruth), totalApart = Vector.Sum(sumApart);
        for (; i < z.Length; i++)
        {
            float a = z[i] - topZ, b = truth[i] - topTruth;
            totalZ += z[i] = MathF.Exp(a);
            totalTruth += truth[i] = MathF.Exp(b);
            totalApart += truth[i] * (b - a);
        }

        return (totalZ, totalTruth, totalApart);
    }

    private static void Multiply(Span<float> z, float factor) => System.Numerics.Tensors.TensorPrimitives.Multiply(z, factor, z);

    private static void Difference(Span<float> z, float factor, ReadOnlySpan<float> truth, float truthFactor)
    {
        var i = 0;
        for (; i <= z.Length - Vector<float>.Count; i += Vector<float>.Count)
            (new Vector<float>(z[i..]) * factor - new Vector<float>(truth[i..]) * truthFactor).CopyTo(z[i..]);
        for (; i < z.Length; i++)
            z[i] = z[i] * factor - truth[i] * truthFactor;
    }
}
