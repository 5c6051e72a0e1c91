using ForgePrune.Model;

namespace ForgePrune.Forward;

/// <summary>Cosines and sines of the rotary position embedding (RoPE, Su et al. 2021, eq. 34) in the half-split layout of Hugging Face checkpoints:
/// element i of a head is rotated with element i + headDim/2, where the paper pairs neighbors.</summary>
/// <param name="Positions">The number of positions.</param>
/// <param name="Cos">Cosines, positions × headDim/2, row-major.</param>
/// <param name="Sin">Sines, positions × headDim/2, row-major.</param>
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
        double[] cosines = new double[positions * half], sines = new double[positions * half];
        for (var position = 0; position < positions; position++)
        {
            for (var i = 0; i < half; i++)
                (sines[(position * half) + i], cosines[(position * half) + i]) = Math.SinCos(position * frequencies[i]);
        }
        return (cosines, sines);
    }

    /// <summary>Radians per position of each pair, θ^(−2i/headDim), with the scaling of the model applied; headDim/2 values.</summary>
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

    /// <summary>The scaling of Llama 3 (<c>rope_type</c> "llama3" in Hugging Face transformers): wavelengths above original/low are stretched by the
    /// whole factor, wavelengths below original/high are kept, and those between are interpolated linearly in 1/wavelength.</summary>
    private static double Stretch(double frequency, RopeScaling scaling)
    {
        var turns = scaling.OriginalMaxPositions * frequency / (2 * Math.PI);
        var kept = Math.Clamp((turns - scaling.LowFreqFactor) / (scaling.HighFreqFactor - scaling.LowFreqFactor), 0, 1);
        return frequency * (kept + (1 - kept) / scaling.Factor);
    }
}
