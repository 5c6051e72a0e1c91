using System.Globalization;

namespace ForgePrune.Search.Costs;

/// <summary>How small or fast the result must be.</summary>
/// <param name="Share">Share of the dense model's cost that may remain, in (0, 1].</param>
public sealed record Target(Metric Metric, double Share)
{
    // No sign and no exponent: what a person types.
    private const NumberStyles Digits = NumberStyles.AllowDecimalPoint;

    /// <summary>Reads <c>1.5x</c> (1.5 times faster, or 1.5 times smaller for sizes: the share 1/1.5) or <c>0.5</c> (the share kept).</summary>
    public static Target Parse(string text, Metric metric)
    {
        var trimmed = text.Trim();
        var isFactor = trimmed.EndsWith('x') || trimmed.EndsWith('X');
        if (!double.TryParse(isFactor ? trimmed[..^1] : trimmed, Digits, CultureInfo.InvariantCulture, out var number))
            throw TargetErrors.NotATarget(text);
        if (isFactor)
            return number >= 1 && double.IsFinite(number) ? new Target(metric, 1 / number) : throw TargetErrors.FactorBelowOne(text);
        return number is > 0 and <= 1 ? new Target(metric, number) : throw TargetErrors.ShareOutsideUnit(text);
    }

    /// <summary>The most that a plan may cost.</summary>
    public double Budget(double dense) => dense * Share;
}
