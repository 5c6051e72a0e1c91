namespace ForgePrune.Kernels;

/// <summary>Which weights of a matrix may become zero: a share of them anywhere, or so many of every few neighbors along the inputs.</summary>
public readonly record struct SparsityPattern
{
    /// <summary>Columns that SparseGPT chooses among at once; groups may not cross this width.</summary>
    internal const int Strip = 128;

    private SparsityPattern(double removed, int kept, int group) => (Removed, Kept, Group) = (removed, kept, group);

    /// <summary>The share of the weights that become zero, from 0 to 1.</summary>
    public double Removed { get; }

    /// <summary>The number of weights of each group that stay; 0 where there are no groups.</summary>
    public int Kept { get; }

    /// <summary>The number of neighbors along the inputs that are counted together; 0 where any weight may go.</summary>
    public int Group { get; }

    /// <summary>Whether zeros are counted in groups of neighbors.</summary>
    public bool HasGroups => Group > 0;

    /// <summary>A pattern of zeros anywhere in the matrix.</summary>
    /// <param name="removed">Share of the weights that become zero, from 0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The share lies outside 0 to 1, or is NaN.</exception>
    public static SparsityPattern Unstructured(double removed) => removed is >= 0 and <= 1
        ? new(removed, 0, 0)
        : throw new ArgumentOutOfRangeException(nameof(removed), removed, "a share lies between 0 and 1");

    /// <summary>
    /// A pattern that keeps at most <paramref name="kept"/> of every <paramref name="group"/> inputs of an output, counted from the first: GPUs compute 2 of 4
    /// faster.
    /// </summary>
    /// <param name="kept">Weights of a group that stay: at least 1 and fewer than the group has.</param>
    /// <param name="group">Neighbors that are counted together: a power of two from 2 to 128.</param>
    /// <exception cref="ArgumentException">The pattern is not offered.</exception>
    public static SparsityPattern NofM(int kept, int group)
    {
        if (group is < 2 or > Strip || !int.IsPow2(group) || kept <= 0 || kept >= group)
            throw new ArgumentException($"{kept} of {group} is not offered; keep at least one and not all of a power of two from 2 to {Strip}.", nameof(group));
        return new(1 - ((double)kept / group), kept, group);
    }

    /// <summary>Weights that are zero in the first <paramref name="cols"/> columns of so many rows, where any weight may go.</summary>
    internal long RemovedOf(int rows, int cols) => (long)Math.Round(Removed * rows * cols);

    /// <summary>The pattern as a share, such as 0.5, or as kept:group, such as 2:4.</summary>
    public override string ToString() => HasGroups ? $"{Kept}:{Group}" : FormattableString.Invariant($"{Removed:R}");
}
