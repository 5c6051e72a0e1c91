namespace ForgePrune.Levels;

/// <summary>The order in which the FFN channels of one layer leave: every width keeps a subset of what a larger one keeps.</summary>
public sealed class ChannelOrder
{
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

    /// <summary>Channels, first removed first.</summary>
    public IReadOnlyList<int> Removal { get; }

    /// <summary>Channels of the dense block.</summary>
    public int Width => Removal.Count;

    /// <summary>The last channels to leave, ascending.</summary>
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

    /// <summary>Channels, last removed first: the kept set of every width is a prefix.</summary>
    internal int[] SurvivorsFirst() => Removal.Reverse().ToArray();
}
