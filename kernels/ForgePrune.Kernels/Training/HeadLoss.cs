namespace ForgePrune.Kernels;

/// <summary>The output head and the loss on it in one: logits exist for a chunk of rows at a time, tokens × vocabulary never as a whole.</summary>
/// <param name="vocab">Rows of the head.</param>
/// <param name="divergence">Whether <see cref="Divergence"/> is asked for: it needs a second buffer.</param>
public sealed unsafe class HeadLoss(int vocab, bool divergence)
{
    /// <summary>64 MB of logits: enough rows for the products with the head to run at full speed.</summary>
    private const int Bytes = 64 << 20;

    private readonly int chunk = Chunk(vocab);
    private readonly float[] logits = LargeArray.Uninitialized<float>((long)Chunk(vocab) * vocab);
    private readonly float[] truths = LargeArray.Uninitialized<float>(divergence ? (long)Chunk(vocab) * vocab : 0);
    private readonly double[] losses = new double[Chunk(vocab)];

    /// <summary>Computes the cross entropy Σ over the rows of −ln softmax(logits)[target]. The gradients are those of scale times this sum.</summary>
    /// <param name="input">Hidden states and head.</param>
    /// <param name="targets">One target id for each row; a negative one leaves its row out.</param>
    /// <param name="scale">Factor of the gradients.</param>
    /// <param name="dRows">Written: gradient of the hidden states, rows × hidden; empty, with dHead, where only the loss is asked for.</param>
    /// <param name="dHead">Gradient of the head, vocab × hidden; added to. Empty where the head is not trained.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A span of hidden states is too short, or the number of threads is negative.</exception>
    public double CrossEntropy(HeadInput input, ReadOnlySpan<int> targets, float scale, Span<float> dRows, Span<float> dHead, int threads) =>
        Run(input, default, targets, scale, dRows, dHead, threads);

    /// <summary>
    /// Computes Σ over the rows of KL(softmax of the truth's logits ‖ softmax of the logits). The gradients are those of scale times this sum.
    /// </summary>
    /// <param name="input">Hidden states and head.</param>
    /// <param name="truth">As many rows of the truth; its hidden size may be another, its vocabulary not.</param>
    /// <param name="targets">One target id for each row; a negative one leaves its row out.</param>
    /// <param name="scale">Factor of the gradients.</param>
    /// <param name="dRows">Written: gradient of the hidden states, rows × hidden; empty, with dHead, where only the loss is asked for.</param>
    /// <param name="dHead">Gradient of the head, vocab × hidden; added to. Empty where the head is not trained.</param>
    /// <param name="threads">Number of threads; 0 means all processors. The result does not depend on it.</param>
    /// <exception cref="ArgumentException">A span is too short for its shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A span of hidden states is too short, or the number of threads is negative.</exception>
    /// <exception cref="InvalidOperationException">This was made without the second buffer.</exception>
    public double Divergence(HeadInput input, HeadInput truth, ReadOnlySpan<int> targets, float scale, Span<float> dRows, Span<float> dHead, int threads)
    {
        if (truths.Length == 0)
            throw new InvalidOperationException("This head was made without a buffer for a truth's logits; make it with one.");
        return Run(input, truth, targets, scale, dRows, dHead, threads);
    }

    private static int Chunk(int vocab) => Math.Clamp(Bytes / (sizeof(float) * vocab), 16, 512);

    private double Run(HeadInput input, HeadInput truth, ReadOnlySpan<int> targets, float scale, Span<float> dRows, Span<float> dHead, int threads)
    {
        var (rows, hidden) = (targets.Length, input.Hidden);
        var total = 0.0;
        for (var first = 0; first < rows; first += chunk)
        {
            var count = Math.Min(chunk, rows - first);
            var x = input.Rows.Slice(first * hidden, count * hidden);
            Product.Multiply(Transpose.No, Transpose.Yes, count, vocab, hidden, 1, x, hidden, input.Head, hidden, 0, logits, vocab, threads);
            if (truth.Hidden > 0)
            {
                Product.Multiply(Transpose.No, Transpose.Yes, count, vocab, truth.Hidden, 1, truth.Rows.Slice(first * truth.Hidden, count * truth.Hidden),
                    truth.Hidden, truth.Head, truth.Hidden, 0, truths, vocab, threads);
            }

            fixed (int* target = targets[first..])
                Losses(count, target, truth.Hidden > 0, scale, input.Cap, truth.Cap, threads);
            for (var row = 0; row < count; row++)
                total += losses[row];
            if (dRows.IsEmpty)
                continue;
            Product.Multiply(Transpose.No, Transpose.No, count, hidden, vocab, 1, logits, vocab, input.Head, hidden, 0,
                dRows.Slice(first * hidden, count * hidden), hidden, threads);
            if (!dHead.IsEmpty)
                Product.Multiply(Transpose.Yes, Transpose.No, vocab, hidden, count, 1, logits, vocab, x, hidden, 1, dHead, hidden, threads);
        }

        return total;
    }

    private void Losses(int count, int* targets, bool against, float scale, float? cap, float? truthCap, int threads) => Workers.For(count, threads, row =>
    {
        var z = logits.AsSpan(row * vocab, vocab);
        losses[row] = 0;
        if (targets[row] < 0)
        {
            z.Clear();
            return;
        }

        var truth = against ? truths.AsSpan(row * vocab, vocab) : [];
        if (truthCap is { } known)
            AttentionTiles.Bound(truth, known);
        if (cap is not { } bound)
        {
            losses[row] = Loss(z, truth, targets[row], scale);
            return;
        }

        using var scratch = new Scratch<float>(vocab);
        var bounded = new Span<float>(scratch.Pointer, vocab);
        AttentionTiles.Bound(z, bound);
        z.CopyTo(bounded);
        losses[row] = Loss(z, truth, targets[row], scale);
        AttentionTiles.Unbound(bounded, bound, z);
    });

    private static double Loss(Span<float> z, Span<float> truth, int target, float scale) =>
        truth.IsEmpty ? SoftmaxLoss.CrossEntropy(z, target, scale) : SoftmaxLoss.Divergence(z, truth, scale);
}
