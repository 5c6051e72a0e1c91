using ForgePrune.Model;

namespace ForgePrune.Onnx.Export;

/// <summary>Cosines and sines of the rotary angles, as GroupQueryAttention reads them (positions × headDim / 2), Llama-3 scaling included.</summary>
internal static class RotaryTable
{
    /// <summary>Angle per position of each pair of a head (headDim / 2), radians.</summary>
    public static double[] Frequencies(ModelConfig config)
    {
        var frequencies = new double[config.HeadDim / 2];
        for (var i = 0; i < frequencies.Length; i++)
        {
            var plain = Math.Pow(config.RopeTheta, -2.0 * i / config.HeadDim);
            frequencies[i] = config.RopeScaling is { } scaling ? Scale(plain, scaling) : plain;
        }
        return frequencies;
    }

    /// <summary>Llama-3: wavelengths beyond original / lowFactor are stretched by the factor, those below original / highFactor kept,
    /// those between blended linearly in original / wavelength.</summary>
    private static double Scale(double frequency, RopeScaling scaling)
    {
        var turns = scaling.OriginalMaxPositions * frequency / (2 * Math.PI);
        if (turns < scaling.LowFreqFactor)
            return frequency / scaling.Factor;
        if (turns > scaling.HighFreqFactor)
            return frequency;
        var kept = (turns - scaling.LowFreqFactor) / (scaling.HighFreqFactor - scaling.LowFreqFactor);
        return ((1 - kept) * frequency / scaling.Factor) + (kept * frequency);
    }

    /// <summary>One of the two tables; <paramref name="function"/> is cosine or sine.</summary>
    public static float[] Table(ModelConfig config, Func<double, double> function)
    {
        var frequencies = Frequencies(config);
        var table = new float[checked(config.MaxPositions * frequencies.Length)];
        for (var position = 0; position < config.MaxPositions; position++)
        {
            for (var i = 0; i < frequencies.Length; i++)
                table[(position * frequencies.Length) + i] = (float)function(position * frequencies[i]);
        }
        return table;
    }
}
