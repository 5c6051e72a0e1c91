using ForgePrune.Model;

namespace ForgePrune.Forward;

/// <summary>Cosines and sines of the rotary position embedding, half-split: element i of a head turns with element i + headDim/2.</summary>
/// <param name="Cos">positions × headDim/2, row-major.</param>
/// <param name="Sin">positions × headDim/2, row-major.</param>
public sealed record RotaryTable(int Positions, float[] Cos, float[] Sin)
{
    /// <summary>The table for positions 0 … <paramref name="positions"/> − 1, computed in float64 and rounded once.</summary>
    public static RotaryTable Build(ModelConfig config, int positions)
    {
        var frequencies = Frequencies(config);
        var half = frequencies.Length;
        var table = new RotaryTable(positions, new float[positions * half], new float[positions * half]);
        for (var position = 0; position < positions; position++)
        {
            for (var i = 0; i < half; i++)
            {
                var (sin, cos) = Math.SinCos(position * frequencies[i]);
                table.Cos[position * half + i] = (float)cos;
                table.Sin[position * half + i] = (float)sin;
            }
        }
        return table;
    }

    /// <summary>Radians per position of each pair: theta^(−2i/headDim), stretched where the model says so (headDim/2 values).</summary>
    public static double[] Frequencies(ModelConfig config)
    {
        if (config.HeadDim <= 0 || config.HeadDim % 2 != 0)
            throw new ArgumentException($"rotary embedding turns pairs, and a head width of {config.HeadDim} has none or half of one");
        var frequencies = new double[config.HeadDim / 2];
        for (var i = 0; i < frequencies.Length; i++)
        {
            var plain = Math.Pow(config.RopeTheta, -2.0 * i / config.HeadDim);
            frequencies[i] = config.RopeScaling is { } scaling ? Stretch(plain, scaling) : plain;
        }
        return frequencies;
    }

    /// <summary>Llama 3: wavelengths above original/low are stretched fully, below original/high not at all, linearly in 1/wavelength between.</summary>
    private static double Stretch(double frequency, RopeScaling scaling)
    {
        var turns = scaling.OriginalMaxPositions * frequency / (2 * Math.PI);
        var kept = Math.Clamp((turns - scaling.LowFreqFactor) / (scaling.HighFreqFactor - scaling.LowFreqFactor), 0, 1);
        return frequency * (kept + (1 - kept) / scaling.Factor);
    }
}
