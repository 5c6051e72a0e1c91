using ForgePrune.Kernels;

namespace ForgePrune.Search;

/// <summary>What the dense model predicts on one window: p (positions × vocab) and Σ p ln p of each position. Where predictions are judged on a device, the
/// rows of the final stream that they are made from (positions × hidden) in the place of p.</summary>
internal sealed class DensePrediction(int positions, int width)
{
    public float[] Values { get; } = LargeArray.Uninitialized<float>((long)positions * width);

    public double[] NegativeEntropies { get; } = new double[positions];

    /// <summary>Every position has been filled in.</summary>
    public bool Complete { get; set; }
}

/// <summary>Remembers dense predictions by the tokens of their window, as a search asks for the same windows again and again.
/// What comes first stays: throwing out the oldest would keep nothing when the windows do not all fit.</summary>
/// <param name="width">Values of a position.</param>
internal sealed class DensePredictions(int width, long bytes)
{
    private readonly Dictionary<int[], DensePrediction> byTokens = new(new TokenComparer());
    private long free = bytes;

    /// <summary>The stored predictions of a window, an empty array to store them in, or null where no memory is left.</summary>
    public DensePrediction? Find(ReadOnlySpan<int> window, int positions)
    {
        if (byTokens.GetAlternateLookup<ReadOnlySpan<int>>().TryGetValue(window, out var prediction))
            return prediction;
        var size = sizeof(float) * (long)positions * width;
        if (size > free || positions * (long)width > Array.MaxLength)
            return null;
        free -= size;
        prediction = new DensePrediction(positions, width);
        byTokens.Add(window.ToArray(), prediction);
        return prediction;
    }

    private sealed class TokenComparer : IEqualityComparer<int[]>, IAlternateEqualityComparer<ReadOnlySpan<int>, int[]>
    {
        public bool Equals(int[]? a, int[]? b) => a.AsSpan().SequenceEqual(b);

        public bool Equals(ReadOnlySpan<int> a, int[] b) => a.SequenceEqual(b);

        public int GetHashCode(int[] ids) => GetHashCode((ReadOnlySpan<int>)ids);

        public int GetHashCode(ReadOnlySpan<int> ids)
        {
            var hash = new HashCode();
            foreach (var id in ids)
                hash.Add(id);
            return hash.ToHashCode();
        }

        public int[] Create(ReadOnlySpan<int> ids) => ids.ToArray();
    }
}
