namespace ForgePrune.Kernels;

/// <summary>The same in float64.</summary>
internal static class SwiGluReference
{
    public static double[] Forward(ReadOnlySpan<double> gate, ReadOnlySpan<double> up)
    {
        var h = new double[gate.Length];
        for (var i = 0; i < h.Length; i++)
            h[i] = gate[i] / (1 + Math.Exp(-gate[i])) * up[i];
        return h;
    }
}
