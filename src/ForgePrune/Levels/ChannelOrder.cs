namespace ForgePrune.Levels;

/// <summary>The order in which the FFN channels of one layer are removed. Every width keeps a subset of the channels of a larger one.</summary>
public sealed class ChannelOrder
{
    /// <summary>An order that was computed before.</summary>
    /// <param name="removal">Every channel once, first removed first.</param>
    /// <exception cref="ArgumentException">A channel is missing or occurs twice.</exception>
    public ChannelOrder(int[] removal)
    {
        var seen = new bool[removal.Length];
        foreach (var channel in removal)
            if ((uint)channel >= (uint)removal.Length || seen[channel])
                throw new ArgumentException($"channel {channel} is outside 0..{removal.Length - 1} or occurs twice", nameof(removal));
            else
                seen[channel] = true;
        Removal = removal;
    }

    /// <summary>All channels, in the order of their removal.</summary>
    public IReadOnlyList<int> Removal { get; }

    /// <summary>The number of channels of the dense block.</summary>
    public int Width => Removal.Count;

    /// <summary>The channels that a width keeps, ascending: those that are removed last.</summary>
    /// <param name="width">The number of channels to keep, from 0 to <see cref="Width"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">The width lies outside of this range.</exception>
    public int[] Kept(int width)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(width);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, Width);
        var kept = new int[width];
        for (var i = 0; i < width; i++)
            kept[i] = Removal[Width - width + i];
        Array.Sort(kept);
        return kept;
    }

    /// <summary>All channels, last removed first: the kept set of every width is a prefix.</summary>
    internal int[] SurvivorsFirst() => Removal.Reverse().ToArray();
}
