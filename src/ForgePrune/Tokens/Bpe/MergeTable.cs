namespace ForgePrune.Tokens.Bpe;

/// <summary>The pairs of tokens that merge, their results, and their order (rank 0 first).</summary>
internal sealed class MergeTable
{
    private readonly Dictionary<long, (int Rank, int Result)> merges;
    private readonly int[] results;

    private MergeTable(Dictionary<long, (int, int)> merges, int[] results) => (this.merges, this.results) = (merges, results);

    /// <summary>Reads "merges": all strings "a b", or all pairs ["a", "b"].</summary>
    public static MergeTable Read(JsonPart part, IReadOnlyDictionary<string, int> vocabulary)
    {
        var items = part.Items();
        var merges = new Dictionary<long, (int, int)>(items.Count);
        var results = new int[items.Count];
        for (var rank = 0; rank < results.Length; rank++)
        {
            var item = items[rank];
            if (item.IsArray != items[0].IsArray)
                throw TokenizerErrors.BadMerge(item);
            var (left, right) = Pair(item);
            results[rank] = Find(left + right);
            merges[Key(Find(left), Find(right))] = (rank, results[rank]); // a pair given twice counts by its last place

            int Find(string token) => vocabulary.TryGetValue(token, out var id) ? id : throw TokenizerErrors.UnknownInMerge(item, token);
        }
        return new MergeTable(merges, results);
    }

    public bool TryGet(int left, int right, out (int Rank, int Result) merge) => merges.TryGetValue(Key(left, right), out merge);

    public int ResultOf(int rank) => results[rank];

    public IEnumerable<(int Left, int Right)> Pairs => merges.Keys.Select(key => ((int)(key >> 32), (int)key));

    private static (string Left, string Right) Pair(JsonPart part)
    {
        if (part.IsArray)
        {
            var pair = part.Items();
            return pair.Count == 2 ? (pair[0].Text(), pair[1].Text()) : throw TokenizerErrors.BadMerge(part);
        }
        if (!part.IsString)
            throw TokenizerErrors.BadMerge(part);
        var words = part.Text().Split(' ');
        return words.Length == 2 ? (words[0], words[1]) : throw TokenizerErrors.BadMerge(part);
    }

    private static long Key(int left, int right) => ((long)left << 32) | (uint)right;
}
