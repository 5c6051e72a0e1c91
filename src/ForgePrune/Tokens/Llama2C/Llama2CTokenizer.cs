using System.Text;

namespace ForgePrune.Tokens.Llama2C;

/// <summary>Encodes by llama2.c's own algorithm: a space first, characters (or their bytes) as symbols, then always the neighbouring pair
/// whose joined token has the highest score, the leftmost of equal ones. llama2.c scans for it each time; here a heap finds it.</summary>
internal sealed class Llama2CTokenizer : Tokenizer
{
    private const float LeastScore = -1e10f; // llama2.c's starting "best": a pair must beat it

    private readonly Llama2CTable table;
    private readonly Dictionary<string, int> ids;
    private readonly int space;

    public Llama2CTokenizer(Llama2CTable table)
    {
        this.table = table;
        // Control tokens and bytes are never found by their texts. Older tables call byte 46 "." and not "<0x2E>": looked up,
        // it would hide the token "." that the model was trained on.
        ids = new(table.Texts.Length, StringComparer.Ordinal);
        for (var id = Llama2CTable.FirstText; id < table.Texts.Length; id++)
            ids.TryAdd(table.Texts[id], id);
        space = ids.TryGetValue(" ", out var found) ? found : throw Llama2CErrors.NoSpace(table.File);
    }

    public override int VocabSize => table.Texts.Length;

    public override int? BosTokenId => Llama2CTable.Bos;

    public override int? BeginTokenId => Llama2CTable.Bos;

    public override string? Token(int id) => (uint)id < (uint)VocabSize ? table.Texts[id] : null;

    /// <summary>Leaves out BOS and EOS and the space that encoding put first, as llama2.c prints.</summary>
    public override string Decode(ReadOnlySpan<int> tokens)
    {
        var bytes = new List<byte>();
        var atStart = true;
        foreach (var id in tokens)
        {
            if (id < 0 || id >= VocabSize)
                throw Llama2CErrors.NoSuchId(id, VocabSize);
            if (id is Llama2CTable.Bos or Llama2CTable.Eos)
            {
                atStart = true;
                continue;
            }
            if (id is >= Llama2CTable.FirstByte and < Llama2CTable.FirstText)
                bytes.Add((byte)(id - Llama2CTable.FirstByte));
            else
                bytes.AddRange(Encoding.Latin1.GetBytes(atStart && table.Texts[id].StartsWith(' ') ? table.Texts[id][1..] : table.Texts[id]));
            atStart = false;
        }
        return Encoding.UTF8.GetString([.. bytes]);
    }

    protected override int[] AddSpecial(int[] tokens) => [Llama2CTable.Bos, .. tokens];

    protected override int[] EncodeText(string text)
    {
        if (text.Length == 0)
            return [];
        var symbols = new List<int>(text.Length + 1) { space };
        foreach (var rune in text.EnumerateRunes())
        {
            var bytes = Encoding.UTF8.GetBytes(rune.ToString());
            if (ids.TryGetValue(Encoding.Latin1.GetString(bytes), out var id))
                symbols.Add(id);
            else
                symbols.AddRange(bytes.Select(b => b + Llama2CTable.FirstByte));
        }
        return Merge([.. symbols]);
    }

    private int[] Merge(int[] symbols)
    {
        var next = Enumerable.Range(1, symbols.Length).ToArray();
        var previous = Enumerable.Range(-1, symbols.Length).ToArray();
        var pairs = new PriorityQueue<(int Left, int Joined), (float, int)>();
        for (var i = 0; i < symbols.Length; i++)
            Offer(i);
        while (pairs.TryDequeue(out var pair, out _))
        {
            var left = pair.Left;
            if (Joined(left) != pair.Joined) // stale: one of the two has merged since
                continue;
            symbols[left] = pair.Joined;
            symbols[next[left]] = -1;
            next[left] = next[next[left]];
            if (next[left] < symbols.Length)
                previous[next[left]] = left;
            if (previous[left] >= 0)
                Offer(previous[left]);
            Offer(left);
        }
        return [.. symbols.Where(id => id >= 0)];

        void Offer(int left)
        {
            if (Joined(left) is { } id && table.Scores[id] > LeastScore)
                pairs.Enqueue((left, id), (-table.Scores[id], left));
        }

        int? Joined(int left) => symbols[left] >= 0 && next[left] < symbols.Length
            && ids.TryGetValue(table.Texts[symbols[left]] + table.Texts[symbols[next[left]]], out var id) ? id : null;
    }
}
