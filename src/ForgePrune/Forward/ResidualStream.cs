using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Forward;

/// <summary>The hidden states of all windows between two blocks, in chunks small enough that captured activations stay small.</summary>
internal sealed class ResidualStream
{
    /// <summary>Floats of the widest activation of one chunk (64 MB): large enough for full-speed products.</summary>
    private const long ChunkValues = 1 << 24;

    private readonly Activations[] chunks;

    private ResidualStream(Activations[] chunks) => this.chunks = chunks;

    public int Chunks => chunks.Length;

    public Activations this[int chunk]
    {
        get => chunks[chunk];
        set => chunks[chunk] = value;
    }

    /// <summary>The embedded tokens: what enters layer 0.</summary>
    /// <param name="widest">Width of the widest activation that blocks will produce; it decides how many windows share a chunk.</param>
    public static ResidualStream Embed(Matrix embedding, TokenWindows windows, int widest)
    {
        var perChunk = (int)Math.Clamp(ChunkValues / ((long)windows.Length * widest), 1, Math.Max(1, windows.Count));
        var chunks = new Activations[(windows.Count + perChunk - 1) / perChunk];
        for (var chunk = 0; chunk < chunks.Length; chunk++)
            chunks[chunk] = Embed(embedding, windows, chunk * perChunk, Math.Min(perChunk, windows.Count - chunk * perChunk));
        return new ResidualStream(chunks);
    }

    public ResidualStream Copy() => new((Activations[])chunks.Clone());

    private static Activations Embed(Matrix embedding, TokenWindows windows, int start, int count)
    {
        var x = new Activations(count, windows.Length, embedding.Cols);
        for (var window = 0; window < count; window++)
        {
            var ids = windows.Window(start + window);
            for (var t = 0; t < ids.Length; t++)
            {
                if ((uint)ids[t] >= (uint)embedding.Rows)
                    throw ForwardErrors.UnknownToken(ids[t], embedding.Rows);
                embedding.Row(ids[t]).CopyTo(x.Values.AsSpan((window * windows.Length + t) * embedding.Cols));
            }
        }

        return x;
    }
}
