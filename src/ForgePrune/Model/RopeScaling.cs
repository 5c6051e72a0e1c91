namespace ForgePrune.Model;

/// <summary>A change of the rotary frequencies θ^(−2i/d), by which a model sees further than it was first trained for. The names are those of
/// <c>rope_type</c> in Hugging Face transformers.</summary>
public abstract record RopeScaling
{
    private protected RopeScaling()
    {
    }

    /// <summary>The name in config.json.</summary>
    public abstract string Type { get; }

    /// <summary>The factor of all cosines and sines, by which scores grow with its square.</summary>
    public virtual double Attention => 1;

    /// <summary>The changed frequencies.</summary>
    /// <param name="plain">θ^(−2i/d) for i from 0, radians per position.</param>
    /// <param name="theta">The base θ.</param>
    internal abstract double[] Apply(double[] plain, double theta);
}

/// <summary>Every frequency divided by one factor: positions lie that much closer (Chen and others 2023, "position interpolation").</summary>
/// <param name="Factor">The divisor, at least 1.</param>
public sealed record LinearScaling(double Factor) : RopeScaling
{
    /// <inheritdoc/>
    public override string Type => "linear";

    internal override double[] Apply(double[] plain, double theta) => [.. plain.Select(frequency => frequency / Factor)];
}

/// <summary>A base that grows with the sequence ("dynamic NTK"). Up to the positions of the config it is θ itself, and a model is read for those.</summary>
/// <param name="Factor">The factor of the growth beyond; it changes nothing within.</param>
public sealed record DynamicScaling(double Factor) : RopeScaling
{
    /// <inheritdoc/>
    public override string Type => "dynamic";

    internal override double[] Apply(double[] plain, double theta) => plain;
}

/// <summary>The scaling of Llama 3: long wavelengths are stretched, short ones are kept, and those between are interpolated linearly in 1/wavelength.</summary>
/// <param name="Factor">The factor of long wavelengths.</param>
/// <param name="LowFreqFactor">Wavelengths above <paramref name="OriginalMaxPositions"/> / LowFreqFactor count as long.</param>
/// <param name="HighFreqFactor">Wavelengths below <paramref name="OriginalMaxPositions"/> / HighFreqFactor count as short.</param>
/// <param name="OriginalMaxPositions">The number of positions before the context was extended.</param>
public sealed record Llama3Scaling(double Factor, double LowFreqFactor, double HighFreqFactor, int OriginalMaxPositions) : RopeScaling
{
    /// <inheritdoc/>
    public override string Type => "llama3";

    internal override double[] Apply(double[] plain, double theta) => [.. plain.Select(frequency =>
    {
        var turns = OriginalMaxPositions * frequency / (2 * Math.PI);
        var kept = Math.Clamp((turns - LowFreqFactor) / (HighFreqFactor - LowFreqFactor), 0, 1);
        return frequency * (kept + (1 - kept) / Factor);
    })];
}

/// <summary>YaRN (Peng and others 2023, arXiv 2309.00071): pairs that turn often within the original positions keep their frequency, pairs that turn
/// seldom are interpolated, a ramp over the index of the pair joins both, and scores grow a little.</summary>
/// <param name="Factor">The divisor of slow frequencies.</param>
/// <param name="OriginalMaxPositions">The number of positions before the context was extended.</param>
public sealed record YarnScaling(double Factor, int OriginalMaxPositions) : RopeScaling
{
    /// <summary>Pairs with more turns than this within the original positions are kept (β of the paper).</summary>
    public double BetaFast { get; init; } = 32;

    /// <summary>Pairs with fewer turns than this are interpolated (α of the paper).</summary>
    public double BetaSlow { get; init; } = 1;

    /// <summary>Whether the ends of the ramp are whole indices.</summary>
    public bool Truncate { get; init; } = true;

    /// <summary>The factor of cosines and sines; null: the paper's 0.1·ln(factor) + 1.</summary>
    public double? AttentionFactor { get; init; }

    /// <summary>The weight of ln(factor) in the factor of scores, as DeepSeek writes it; null for the paper's.</summary>
    public double? Mscale { get; init; }

    /// <summary>The weight of ln(factor) by which that factor is divided again; null for none.</summary>
    public double? MscaleAllDim { get; init; }

    /// <inheritdoc/>
    public override string Type => "yarn";

    /// <inheritdoc/>
    public override double Attention => AttentionFactor
        ?? (Mscale is > 0 and var over && MscaleAllDim is > 0 and var under ? Growth(over) / Growth(under) : Growth(1));

    internal override double[] Apply(double[] plain, double theta)
    {
        int pairs = plain.Length, width = 2 * pairs;
        double low = Index(BetaFast), high = Index(BetaSlow);
        if (Truncate)
            (low, high) = (Math.Floor(low), Math.Ceiling(high));
        (low, high) = (Math.Max(low, 0), Math.Min(high, width - 1));
        // A ramp without length would divide by zero.
        const double least = 0.001;
        var length = low == high ? least : high - low;
        return [.. plain.Select((frequency, i) =>
        {
            var slow = Math.Clamp((i - low) / length, 0, 1);
            return frequency * (1 - slow + slow / Factor);
        })];

        // Eq. 17 of the paper for i: the pair that makes that many turns within the original positions.
        double Index(double turns) => width * Math.Log(OriginalMaxPositions / (turns * 2 * Math.PI)) / (2 * Math.Log(theta));
    }

    private double Growth(double weight) => Factor <= 1 ? 1 : 0.1 * weight * Math.Log(Factor) + 1;
}

/// <summary>LongRoPE (Ding and others 2024, arXiv 2402.13753): a divisor for each pair, one list for sequences within the original positions and one for
/// longer ones. A model is read for the original positions, with the first list.</summary>
/// <param name="ShortFactors">Divisors within the original positions, one for each pair that turns.</param>
/// <param name="LongFactors">Divisors of longer sequences; kept, so that they can be written again.</param>
/// <param name="OriginalMaxPositions">The number of positions before the context was extended.</param>
/// <param name="ExtendedMaxPositions">The number of positions of the longer sequences.</param>
public sealed record LongRopeScaling(
    IReadOnlyList<double> ShortFactors, IReadOnlyList<double> LongFactors, int OriginalMaxPositions, int ExtendedMaxPositions) : RopeScaling
{
    /// <summary>The factor of cosines and sines; null: √(1 + ln(extended/original) / ln(original)).</summary>
    public double? AttentionFactor { get; init; }

    /// <inheritdoc/>
    public override string Type => "longrope";

    /// <inheritdoc/>
    public override double Attention => AttentionFactor
        ?? (ExtendedMaxPositions <= OriginalMaxPositions ? 1
            : Math.Sqrt(1 + Math.Log((double)ExtendedMaxPositions / OriginalMaxPositions) / Math.Log(OriginalMaxPositions)));

    /// <inheritdoc/>
    public bool Equals(LongRopeScaling? other) =>
        other is not null && ShortFactors.SequenceEqual(other.ShortFactors) && LongFactors.SequenceEqual(other.LongFactors)
        && (OriginalMaxPositions, ExtendedMaxPositions, AttentionFactor)
            == (other.OriginalMaxPositions, other.ExtendedMaxPositions, other.AttentionFactor);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(ShortFactors.Count, OriginalMaxPositions, ExtendedMaxPositions);

    internal override double[] Apply(double[] plain, double theta) => [.. plain.Zip(ShortFactors, (frequency, factor) => frequency / factor)];
}
