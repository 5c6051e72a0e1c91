namespace ForgePrune.Kernels;

/// <summary>The values that one block can take: (code − zero) · scale.</summary>
/// <param name="Scale">Negative where the extremum of a symmetric block is positive; 0 where all weights are 0.</param>
/// <param name="Zero">The code of 0.</param>
/// <param name="Top">The largest code.</param>
internal readonly record struct QuantizationGrid(float Scale, int Zero, int Top)
{
    /// <summary>The grid that just holds these weights.</summary>
    /// <remarks>
    /// Symmetric: there is one code more below the middle than above, so the weight of largest magnitude gets code 0, whatever its sign.
    /// With zero points: from the least weight to the greatest, 0 always among the values.
    /// </remarks>
    /// <exception cref="ArithmeticException">A weight is not a finite number.</exception>
    public static QuantizationGrid Of(ReadOnlySpan<double> weights, QuantizationFormat format)
    {
        double low = 0, high = 0;
        foreach (var weight in weights)
        {
            if (!double.IsFinite(weight))
                throw new ArithmeticException($"A weight is {weight}; only finite weights can be quantized.");
            (low, high) = (Math.Min(low, weight), Math.Max(high, weight));
        }
        if (format.Symmetric)
            return new((float)((high > -low ? high : low) / -format.Middle), format.Middle, format.Top);
        var scale = (float)((high - low) / format.Top);
        return new(scale, scale == 0 ? 0 : (int)Math.Clamp(Math.Round(-low / scale), 0, format.Top), format.Top);
    }

    /// <summary>The code of the nearest value.</summary>
    public byte Code(double weight) => (byte)(Scale == 0 ? Zero : Math.Clamp(Math.Round(weight / Scale) + Zero, 0, Top));

    /// <summary>What a runtime computes from a code, in its float32.</summary>
    public float Value(byte code) => (code - Zero) * Scale;
}
