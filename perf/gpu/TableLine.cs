using System.Globalization;

namespace ForgePrune.GpuPerf;

/// <summary>A row of the table.</summary>
/// <param name="Ours">Seconds of every turn; none where nothing was timed.</param>
/// <param name="Theirs">The same of the other way; none where there is none.</param>
/// <param name="Operations">Useful ones of either; 0 where they are not counted.</param>
/// <param name="Remark">What the other way is, or why nothing was timed.</param>
/// <param name="IsWrong">Whether it tells of a wrong answer.</param>
internal sealed record TableLine(string What, IReadOnlyList<double> Ours, IReadOnlyList<double> Theirs, double Operations, string Remark, bool IsWrong = false)
{
    public const string Head = "\n| what | ours | theirs | theirs / ours | rate of ours | of what |\n|---|---|---|---|---|---|";

    public string Text
    {
        get
        {
            double? ours = Median(Ours), theirs = Median(Theirs);
            var rate = ours is { } seconds && Operations > 0 ? Invariant($"{Operations / seconds / 1e12:f2} Tflop/s") : "";
            return $"| {What} | {Time(ours)} | {Time(theirs)} | {(theirs / ours is { } ratio ? Invariant($"{ratio:f2}") : "")} | {rate} | {Cell((IsWrong ? "WRONG: " : "") + Remark)} |";
        }
    }

    private static string Time(double? seconds) => seconds is { } time ? Invariant($"{time * 1e3:f2} ms") : "";

    private static double? Median(IReadOnlyList<double> values) => values.Count == 0 ? null : values.Order().ElementAt(values.Count / 2);

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
