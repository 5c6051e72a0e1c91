namespace ForgePrune.Kernels;

/// <summary>The same in float64, as the approximation is published.</summary>
internal static class GeGluReference
{
    public static double[] Forward(ReadOnlySpan<double> gate, ReadOnlySpan<double> up)
    {
        var h = new double[gate.Length];
        for (var i = 0; i < h.Length; i++)
            h[i] = 0.5 * gate[i] * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (gate[i] + (0.044715 * Math.Pow(gate[i], 3))))) * up[i];
        return h;
    }
}
