using System.Globalization;

namespace ForgePrune.Cli.Comparison;

/// <summary>A mean with its spread, as tables show it.</summary>
internal static class SpreadText
{
    public static string Of(ComparisonRow row, string figure, string format, string unit = "") =>
        row.Figures.TryGetValue(figure, out var spread) ? Of(spread, format, unit) : "–";

    public static string Of(Spread spread, string format, string unit = "")
    {
        string Text(double value) => value.ToString(format, CultureInfo.InvariantCulture);
        return Text(spread.Mean) + unit + (spread.Deviation is { } deviation ? $" ± {Text(deviation)}" : "");
    }
}
