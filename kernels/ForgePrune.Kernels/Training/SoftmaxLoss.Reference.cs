namespace ForgePrune.Kernels;

/// <summary>Losses of a row of logits in float64.</summary>
internal static class SoftmaxLossReference
{
    public static double CrossEntropy(ReadOnlySpan<double> logits, int target) => -LogSoftmax(logits)[target];

    public static double Divergence(ReadOnlySpan<double> logits, ReadOnlySpan<double> truth)
    {
        var (q, p) = (LogSoftmax(logits), LogSoftmax(truth));
        return p.Select((value, i) => Math.Exp(value) * (value - q[i])).Sum();
    }

    private static double[] LogSoftmax(ReadOnlySpan<double> logits)
    {
        var values = logits.ToArray();
        var top = values.Max();
        var logSum = top + Math.Log(values.Sum(value => Math.Exp(value - top)));
        return [.. values.Select(value => value - logSum)];
    }
}
