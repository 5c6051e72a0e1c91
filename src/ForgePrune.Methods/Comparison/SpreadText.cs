using System.Globalization;

namespace ForgePrune.Methods.Comparison;

/// <summary>A mean with its spread, as tables show it.</summary>
internal static class SpreadText
{
    public static string Of(ComparisonRow row, string figure, string format, string unit = "", string between = " ") =>
        row.Figures.TryGetValue(figure, out var spread) ? Of(spread, format, unit, between) : "–";

    /// <param name="between">What parts the mean from its spread.</param>
    public static string Of(Spread spread, string format, string unit = "", string between = " ")
    {
        // The spread has the decimals of its mean.
        string Text(double value) => value.ToString(Decimals(spread.Mean, format), CultureInfo.InvariantCulture);
        return Text(spread.Mean) + unit + (spread.Deviation is { } deviation ? $"{between}± {Text(deviation)}" : "");
    }

    public static string Number(double value, string format) => value.ToString(Decimals(value, format), CultureInfo.InvariantCulture);

    /// <summary>The given format up to a hundred; of greater figures the decimals say nothing.</summary>
    private static string Decimals(double value, string format) => Math.Abs(value) switch
    {
        >= 1e6 => "0.00e+0",
        >= 1000 => "0",
        >= 100 => "0.0",
        _ => format,
    };
}
