namespace ForgePrune.Kernels;

/// <summary>Which weights of a strip go: those of least score, of equal scores the first by row and column.</summary>
internal sealed class StripChoice(int rows)
{
    private const int Strip = SparsityPattern.Strip;

    private readonly double[] scores = LargeArray.Zeros<double>((long)rows * Strip);
    private readonly bool[] removed = new bool[(long)rows * Strip];
    private double[] sorted = [];

    /// <summary>Scores of one row, to be written before a choice.</summary>
    public Span<double> Scores(int row) => scores.AsSpan(row * Strip, Strip);

    /// <summary>What the last choice takes of one row.</summary>
    public ReadOnlySpan<bool> Removed(int row) => removed.AsSpan(row * Strip, Strip);

    /// <summary>Takes <paramref name="count"/> weights of the first <paramref name="width"/> columns of all rows.</summary>
    public void Take(int width, long count)
    {
        if (sorted.Length != rows * width)
            sorted = LargeArray.Uninitialized<double>((long)rows * width);
        for (var row = 0; row < rows; row++)
            Scores(row)[..width].CopyTo(sorted.AsSpan(row * width));
        Array.Sort(sorted);
        var last = count == 0 ? double.NegativeInfinity : sorted[count - 1];
        var ties = count - FirstOf(last);
        for (var row = 0; row < rows; row++)
        {
            var line = Scores(row);
            for (var col = 0; col < width; col++)
                removed[(row * Strip) + col] = line[col] < last || (line[col] == last && ties-- > 0);
        }
    }

    /// <summary>Takes all but the kept of one group of one row; other rows may do so at the same time.</summary>
    public void TakeGroup(int row, int start, SparsityPattern pattern)
    {
        var line = Scores(row).Slice(start, pattern.Group);
        var taken = removed.AsSpan((row * Strip) + start, pattern.Group);
        taken.Clear();
        for (var left = pattern.Group - pattern.Kept; left > 0; left--)
        {
            var least = -1;
            for (var col = 0; col < line.Length; col++)
                if (!taken[col] && (least < 0 || line[col] < line[least]))
                    least = col;
            taken[least] = true;
        }
    }

    /// <summary>Place of the first score that is not below <paramref name="score"/>.</summary>
    private int FirstOf(double score)
    {
        var (low, high) = (0, sorted.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = sorted[middle] < score ? (middle + 1, high) : (low, middle);
        }
        return low;
    }
}
