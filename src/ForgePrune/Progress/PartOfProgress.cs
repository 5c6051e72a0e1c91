namespace ForgePrune.Progress;

/// <summary>A step of some work, which reports its own share from 0 to 1.</summary>
internal static class PartOfProgress
{
    /// <summary>What hears the share of a step and tells that of the whole.</summary>
    /// <param name="whole">Told the share of the whole that is done, 0 to 1.</param>
    /// <param name="from">Share of the whole at which the step begins.</param>
    /// <param name="to">Share at which it ends.</param>
    public static IProgress<double> Part(this IProgress<double> whole, double from, double to) =>
        new CallbackProgress<double>(share => whole.Report(from + (share * (to - from))));
}
