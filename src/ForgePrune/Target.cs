using System.Globalization;
using ForgePrune.Search.Costs;

namespace ForgePrune;

/// <summary>The target of a search: the share of the dense cost that a plan may keep.</summary>
/// <param name="Metric">The quantity that is limited.</param>
/// <param name="Share">The largest share of the dense model's cost, above 0 and at most 1.</param>
public sealed record Target(Metric Metric, double Share)
{
    // No sign and no exponent: what a person types.
    private const NumberStyles Digits = NumberStyles.AllowDecimalPoint;

    /// <summary>Reads <c>1.5x</c> (1.5 times faster, or 1.5 times smaller for sizes: the share 1/1.5) or <c>0.5</c> (the share kept).</summary>
    /// <exception cref="Errors.BadInputException">The text is neither a factor of at least 1 nor a share above 0 and at most 1.</exception>
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

    /// <summary>Reads <c>1.5x</c> as 1.5 times faster decoding, and <c>0.5</c> as half of the prunable weights.</summary>
    /// <exception cref="Errors.BadInputException">The text is neither a factor of at least 1 nor a share above 0 and at most 1.</exception>
    public static Target Parse(string text) => Parse(text, text.TrimEnd().EndsWith('x') || text.TrimEnd().EndsWith('X') ? Metric.Decode : Metric.Prunable);

    /// <summary>The largest cost of a plan, in the unit of the metric.</summary>
    /// <param name="dense">The cost of the dense model.</param>
    public double Budget(double dense) => dense * Share;
}
