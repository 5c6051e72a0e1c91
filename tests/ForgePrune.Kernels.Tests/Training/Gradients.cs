namespace ForgePrune.Kernels.Tests.Training;

/// <summary>Float32 results against float64 references, and gradients against central differences of those.</summary>
internal static class Gradients
{
    // (f(x+h) − f(x−h)) / 2h: the cut series leaves h² f‴/6 and rounding ε f/h, both near 1e-10 in float64 for values near one.
    private const double Step = 1e-5;

    public static double[] Widen(float[] values) => Array.ConvertAll(values, value => (double)value);

    /// <summary>∂/∂x of Σ c ∘ f(x).</summary>
    public static double[] Of(float[] x, float[] c, Func<double[], double[]> f) => Of(x, point => Dot(f(point), c));

    /// <summary>∂f/∂x.</summary>
    public static double[] Of(float[] x, Func<double[], double> f)
    {
        var point = Widen(x);
        return [.. point.Select((value, i) =>
        {
            point[i] = value + Step;
            var above = f(point);
            point[i] = value - Step;
            var below = f(point);
            point[i] = value;
            return (above - below) / (2 * Step);
        })];
    }

    /// <param name="terms">Float32 terms that one element sums; each may be half an epsilon off, and so may the few operations inside it.</param>
    public static void RequireNear(float[] actual, double[] expected, int terms, string what)
    {
        Assert.That(actual, Has.Length.EqualTo(expected.Length), what);
        var scale = expected.Length == 0 ? 1 : Math.Max(1, expected.Max(Math.Abs));
        var tolerance = (terms + 16) * Made.FloatEpsilon * scale;
        Assert.That(Made.LargestDifference(Widen(actual), expected), Is.LessThanOrEqualTo(tolerance), what);
    }

    private static double Dot(double[] a, float[] b) => a.Select((value, i) => value * b[i]).Sum();
}
