using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Evaluation.Tasks;

/// <summary>Likelihoods from a checkpoint, with one layer in memory at a time and all sequences of a batch together. Shorter sequences are padded at the
/// end, which causal attention never reads.</summary>
/// <param name="model">The model.</param>
/// <param name="runner">The forward pass of its blocks.</param>
public sealed class CheckpointLikelihoods(IDecoderModel model, IBlockRunner runner) : ILikelihoodModel
{
    /// <summary>Bytes of activations at once: the weights are read once per batch, so a batch should not be small.</summary>
    private const long Memory = 1L << 29;

    private const int Filling = 0, ShortestWindow = 2;

    private readonly float[] finalNorm = model.ReadFinalNorm();

    private readonly Matrix head = runner.HeadOf(model);

    /// <inheritdoc/>
    public int Positions => model.Config.MaxPositions;

    /// <inheritdoc/>
    public int BatchOf(int tokens) =>
        (int)Math.Clamp(Memory / StreamMemory.PerWindow(model.Config, Math.Max(tokens, ShortestWindow), streams: 1), 1, 1024);

    /// <inheritdoc/>
    public void Run(IReadOnlyList<InputRow> batch, Action<int, ReadOnlyMemory<float>> hear)
    {
        var length = Math.Max(ShortestWindow, batch.Max(row => row.Input.Length));
        var ids = new int[batch.Count * length];
        Array.Fill(ids, Filling);
        for (var i = 0; i < batch.Count; i++)
            batch[i].Input.CopyTo(ids, i * length);
        var x = DecoderForward.Run(model, runner, new TokenWindows(length, ids));
        // Logits of several sequences in one product with the head, as many as a block holds.
        var block = LogitRows.PerBlock(head.Rows);
        for (var start = 0; start < batch.Count;)
        {
            var rows = new List<int>();
            var end = start;
            do
            {
                var (last, count) = ((end * length) + batch[end].Input.Length, batch[end].Predictions);
                rows.AddRange(Enumerable.Range(last - count, count));
                end++;
            }
            while (end < batch.Count && rows.Count + batch[end].Predictions <= block);
            var logits = runner.Logits(finalNorm, head, x, rows.ToArray()).AsMemory();
            var offset = 0;
            for (; start < end; start++)
            {
                var values = batch[start].Predictions * head.Rows;
                hear(start, logits.Slice(offset, values));
                offset += values;
            }
        }
    }
}
