using System.Numerics.Tensors;

namespace ForgePrune.Evaluation;

/// <summary>Softmax arithmetic over one row of logits. Sums run in float32 over blocks and in float64 over the blocks.</summary>
/// <remarks>Everything is taken relative to the row's maximum: exponentials cannot overflow, and the products p·z that decide the
/// divergence stay small. All passes over one block run while it is in the first-level cache.</remarks>
internal static class SoftmaxRow
{
    /// <summary>Floats of one block: 16 KB, half of a usual first-level cache.</summary>
    private const int Block = 4096;

    /// <summary>Turns logits into probabilities p in place and returns Σ p ln p, the negative entropy (0 · ln 0 = 0).</summary>
    public static double Normalise(Span<float> logits) => Normalise(logits, out _);

    /// <param name="logSumExp">ln Σ exp z of the logits: less a logit, it is that token's negative log-likelihood.</param>
    /// <inheritdoc cref="Normalise(Span{float})"/>
    public static double Normalise(Span<float> logits, out double logSumExp)
    {
        var top = TensorPrimitives.Max((ReadOnlySpan<float>)logits);
        double sum = 0, weighted = 0;
        Span<float> exponentials = stackalloc float[Block];
        for (var start = 0; start < logits.Length; start += Block)
        {
            var z = logits.Slice(start, Math.Min(Block, logits.Length - start));
            var e = exponentials[..z.Length];
            TensorPrimitives.Subtract(z, top, z);
            TensorPrimitives.Exp(z, e);
            sum += TensorPrimitives.Sum((ReadOnlySpan<float>)e);
            weighted += TensorPrimitives.Dot((ReadOnlySpan<float>)e, z);
            e.CopyTo(z);
        }
        TensorPrimitives.Multiply(logits, (float)(1 / sum), logits);
        logSumExp = top + Math.Log(sum);
        return weighted / sum - Math.Log(sum);
    }

    /// <summary>The cross entropy −Σ p ln softmax(z) and ln Σ exp z. KL(p ‖ softmax z) is the cross entropy plus p's negative entropy.</summary>
    /// <param name="p">Probabilities; empty where only the logarithm is wanted.</param>
    /// <param name="logits">z.</param>
    public static (double CrossEntropy, double LogSumExp) Compare(ReadOnlySpan<float> p, ReadOnlySpan<float> logits)
    {
        var top = TensorPrimitives.Max(logits);
        double sum = 0, weighted = 0;
        Span<float> shifted = stackalloc float[Block];
        for (var start = 0; start < logits.Length; start += Block)
        {
            var length = Math.Min(Block, logits.Length - start);
            var z = shifted[..length];
            TensorPrimitives.Subtract(logits.Slice(start, length), top, z);
            if (!p.IsEmpty)
                weighted += TensorPrimitives.Dot(p.Slice(start, length), z);
            TensorPrimitives.Exp(z, z);
            sum += TensorPrimitives.Sum((ReadOnlySpan<float>)z);
        }
        return (Math.Log(sum) - weighted, top + Math.Log(sum));
    }

    /// <summary>ln Σ exp(s·z), and mean and variance of z under softmax(s·z): the value and both derivatives of the first in s.</summary>
    /// <param name="scale">s, above 0.</param>
    public static (double LogSumExp, double Mean, double Variance) Scaled(ReadOnlySpan<float> logits, double scale)
    {
        var top = TensorPrimitives.Max(logits);
        double sum = 0, first = 0, second = 0;
        Span<float> shifted = stackalloc float[Block];
        Span<float> exponentials = stackalloc float[Block];
        for (var start = 0; start < logits.Length; start += Block)
        {
            var length = Math.Min(Block, logits.Length - start);
            Span<float> z = shifted[..length], e = exponentials[..length];
            TensorPrimitives.Subtract(logits.Slice(start, length), top, z);
            TensorPrimitives.Multiply(z, (float)scale, e);
            TensorPrimitives.Exp(e, e);
            sum += TensorPrimitives.Sum((ReadOnlySpan<float>)e);
            first += TensorPrimitives.Dot((ReadOnlySpan<float>)e, z);
            TensorPrimitives.Multiply(e, z, e);
            second += TensorPrimitives.Dot((ReadOnlySpan<float>)e, z);
        }
        var mean = first / sum;
        return (scale * top + Math.Log(sum), top + mean, Math.Max(0, second / sum - mean * mean));
    }
}
