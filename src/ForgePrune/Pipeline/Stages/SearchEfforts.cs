using ForgePrune.Search;

namespace ForgePrune.Pipeline.Stages;

/// <summary>How hard a run searches.</summary>
internal static class SearchEfforts
{
    /// <summary>Every second position is scored: neighbours say much the same, and the output head is half the work of a small model.</summary>
    public const int PositionStride = 2;

    /// <param name="quick">For a demonstration.</param>
    /// <param name="large">For a model of a billion parameters, whether quick or not.</param>
    /// <param name="windows">Windows there are: the effort is fitted to them and recorded as it is used.</param>
    /// <param name="timed">Whether the search ends by time.</param>
    public static SearchEffort Of(bool quick, bool large, int windows, bool timed)
    {
        var effort = large ? SearchEffort.Large : quick ? SearchEffort.Quick : SearchEffort.Standard;
        if (timed)
            effort = effort.Unending();
        return effort.Windows <= windows ? effort : effort with
        {
            Windows = windows,
            PriceWindows = Math.Min(effort.PriceWindows, windows),
            Screens = [.. effort.Screens.Where(screen => screen.Windows < windows)],
        };
    }
}
