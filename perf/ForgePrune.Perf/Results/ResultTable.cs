using System.Globalization;
using System.Text;

namespace ForgePrune.Perf.Results;

/// <summary>The table of docs/benchmarks.md, made from the committed records and from nothing else.</summary>
internal static class ResultTable
{
    private const string Begin = "<!-- perf/results -->", End = "<!-- end of perf/results -->";

    public static string Of(IEnumerable<PerfRecord> records)
    {
        var text = new StringBuilder();
        foreach (var record in records)
        {
            text.Append(CultureInfo.InvariantCulture, $"{record.Machine}, {record.Processors} processors, kernels `{record.Kernels}`, .NET {record.DotNet}, ");
            text.Append(CultureInfo.InvariantCulture, $"{record.OpenBlas}, {record.Date}:\n\n");
            text.Append("| operation | against | threads | ours | theirs | times as fast | GFLOP/s | of the roof |\n|---|---|---|---|---|---|---|---|\n");
            foreach (var row in record.Rows)
                text.Append(CultureInfo.InvariantCulture,
                    $"| {row.Operation} | {row.Against} | {row.Threads} | {Time(row.Ours)} | {Time(row.Theirs)} | {row.Ratio:F2} | {row.Rate:F0} | {row.ShareOfRoof * 100:F0} % |\n");
            text.Append('\n');
        }
        return text.ToString();
    }

    /// <summary>The page with the table in the place of the one between the two marks.</summary>
    public static string Placed(string page, string table)
    {
        int begin = page.IndexOf(Begin, StringComparison.Ordinal), end = page.IndexOf(End, StringComparison.Ordinal);
        if (begin < 0 || end < begin)
            throw new InvalidOperationException($"The page has no lines '{Begin}' and '{End}' for the table to stand between.");
        return page[..(begin + Begin.Length)] + "\n\n" + table + page[end..];
    }

    private static string Time(double milliseconds) =>
        milliseconds >= 1000 ? string.Create(CultureInfo.InvariantCulture, $"{milliseconds / 1000:F2} s")
            : string.Create(CultureInfo.InvariantCulture, $"{milliseconds:F0} ms");
}
