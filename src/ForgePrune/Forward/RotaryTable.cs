using ForgePrune.Model;

namespace ForgePrune.Forward;

/// <summary>Cosines and sines of the rotary position embedding (RoPE, Su et al. 2021, eq. 34) in the half-split layout of Hugging Face checkpoints:
/// element i of the part of a head that turns is rotated with element i + width/2, where the paper pairs neighbors.</summary>
/// <param name="Positions">The number of positions.</param>
/// <param name="Cos">Cosines, positions × width/2, row-major.</param>
/// <param name="Sin">Sines, positions × width/2, row-major.</param>
internal sealed record RotaryTable(int Positions, float[] Cos, float[] Sin)
{
    /// <summary>The table for positions 0 … <paramref name="positions"/> − 1, computed in float64 and rounded once.</summary>
    public static RotaryTable Build(ModelConfig config, int positions)
    {
        var (cosines, sines) = Exact(config, positions);
        return new RotaryTable(positions, Array.ConvertAll(cosines, cos => (float)cos), Array.ConvertAll(sines, sin => (float)sin));
    }

    /// <summary>The same before it is rounded: for types narrower than float32, which would otherwise be rounded to twice.</summary>
    public static (double[] Cos, double[] Sin) Exact(ModelConfig config, int positions)
    {
        var frequencies = Frequencies(config);
        var half = frequencies.Length;
        var factor = config.RopeScaling?.Attention ?? 1;
        double[] cosines = new double[positions * half], sines = new double[positions * half];
        for (var position = 0; position < positions; position++)
        {
            for (var i = 0; i < half; i++)
            {
                var (sin, cos) = Math.SinCos(position * frequencies[i]);
                (cosines[(position * half) + i], sines[(position * half) + i]) = (factor * cos, factor * sin);
            }
        }
        return (cosines, sines);
    }

    /// <summary>Radians per position of each pair, θ^(−2i/width), with the scaling of the model applied; width/2 values.</summary>
    public static double[] Frequencies(ModelConfig config)
    {
        var plain = PlainFrequencies(config);
        return config.RopeScaling?.Apply(plain, config.RopeTheta) ?? plain;
    }

    /// <summary>The same without the scaling.</summary>
    public static double[] PlainFrequencies(ModelConfig config)
    {
        var width = config.RotaryWidth;
        if (width <= 0 || width % 2 != 0)
            throw new ArgumentException($"rotary embedding turns pairs, and a width of {width} has none or half of one");
        return [.. Enumerable.Range(0, width / 2).Select(i => Math.Pow(config.RopeTheta, -2.0 * i / width))];
    }
}
