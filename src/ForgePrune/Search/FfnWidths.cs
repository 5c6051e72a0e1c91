namespace ForgePrune.Search;

/// <summary>FFN widths of one layer, descending from dense to 0.</summary>
internal static class FfnWidths
{
    /// <summary>The dense width, every multiple of <paramref name="step"/> below it, and 0.</summary>
    public static IReadOnlyList<int> Fine(int dense, int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(step);
        var widths = new List<int> { dense };
        for (var width = (dense - 1) / step * step; width > 0; width -= step)
            widths.Add(width);
        if (dense > 0)
            widths.Add(0);
        return widths;
    }

    /// <summary>The dense width, the multiples of <paramref name="step"/> nearest to the given shares, and 0.</summary>
    public static IReadOnlyList<int> Coarse(int dense, int step, IReadOnlyList<double> shares)
    {
        var inner = shares.Select(share => (int)Math.Round(share * dense / step) * step).Where(width => width > 0 && width < dense);
        return dense == 0 ? [0] : [dense, .. inner.Distinct().OrderDescending(), 0];
    }
}
