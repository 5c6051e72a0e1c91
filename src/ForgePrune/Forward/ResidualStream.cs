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

    /// <summary>How many windows share a chunk.</summary>
    /// <param name="widest">Width of the widest activation that blocks will produce.</param>
    public static int WindowsOfChunk(TokenWindows windows, int widest) =>
        (int)Math.Clamp(ChunkValues / ((long)windows.Length * widest), 1, Math.Max(1, windows.Count));

    /// <summary>The embedded tokens: what enters layer 0.</summary>
    /// <param name="widest">Width of the widest activation that blocks will produce; it decides how many windows share a chunk.</param>
    public static ResidualStream Embed(IDecoderModel model, TokenWindows windows, int widest)
    {
        // Its rows are all that is wanted, and it goes when they have been taken.
        var embedding = model.ReadStoredEmbedding();
        var perChunk = WindowsOfChunk(windows, widest);
        var chunks = new Activations[(windows.Count + perChunk - 1) / perChunk];
        for (var chunk = 0; chunk < chunks.Length; chunk++)
            chunks[chunk] = DecoderForward.Embed(
                embedding, windows, chunk * perChunk, Math.Min(perChunk, windows.Count - chunk * perChunk), model.Config.EmbeddingScale);
        return new ResidualStream(chunks);
    }

    /// <summary>The chunks as they are now.</summary>
    public Activations[] All => [.. chunks];

    public ResidualStream Copy() => new((Activations[])chunks.Clone());
}
