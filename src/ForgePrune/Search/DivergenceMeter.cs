using ForgePrune.Evaluation;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Search;

/// <summary>Mean KL(dense ‖ pruned) per window from final residual streams. The last position of a window predicts nothing inside it and
/// is left out; of the others every <paramref name="stride"/>-th is scored.</summary>
internal sealed class DivergenceMeter(IBlockRunner runner, float[] finalNorm, Matrix head, int stride, double logitScale = 1)
{
    private readonly float[] scaledNorm = [.. finalNorm.Select(weight => (float)(weight * logitScale))];
    private float[] denseLogits = [];
    private float[] logits = [];

    /// <summary>Scored positions in a window of <paramref name="tokens"/> tokens.</summary>
    public int Positions(int tokens) => (tokens - 2) / stride + 1;

    /// <param name="ends">One final stream per plan, over the same windows.</param>
    /// <param name="denseEnd">The dense model's; null where all its predictions are known.</param>
    /// <param name="known">Per window what is remembered, filled in here where a place is empty; null where there is none.</param>
    /// <param name="work">Hears of every plan's logits.</param>
    /// <returns>result[plan][window].</returns>
    public double[][] Measure(Activations[] ends, Activations? denseEnd, DensePrediction?[] known, int tokens, PlanWork work)
    {
        var positions = Positions(tokens);
        var count = known.Length * positions;
        var kl = ends.Select(_ => new double[count]).ToArray();
        var block = LogitRows.PerBlock(head.Rows);
        for (var start = 0; start < count; start += block)
        {
            var slots = Enumerable.Range(start, Math.Min(block, count - start)).Select(slot => Math.DivRem(slot, positions)).ToArray();
            var rows = Array.ConvertAll(slots, slot => slot.Quotient * tokens + slot.Remainder * stride);
            var truth = Truth(slots, rows, known, denseEnd);
            foreach (var plans in Enumerable.Range(0, ends.Length).Chunk(Math.Max(1, block / rows.Length)))
            {
                Compare(ends, plans, rows, truth, kl, start);
                work.HeadDone((double)plans.Length * rows.Length / positions);
            }
        }
        foreach (var prediction in known)
            prediction?.Complete = true;
        return kl.Select(all => all.Chunk(positions).Select(window => window.Average()).ToArray()).ToArray();
    }

    /// <summary>The dense distribution of each row of a block, remembered or computed now.</summary>
    private DenseRow[] Truth((int Window, int Position)[] slots, int[] rows, DensePrediction?[] known, Activations? denseEnd)
    {
        var vocab = head.Rows;
        var missing = Enumerable.Range(0, rows.Length).Where(i => known[slots[i].Window] is not { Complete: true }).ToArray();
        Logits(finalNorm, denseEnd, Array.ConvertAll(missing, i => rows[i]), ref denseLogits);
        var truth = new DenseRow[rows.Length];
        Workers.For(missing.Length, runner.Threads, k =>
        {
            var (window, position) = slots[missing[k]];
            var row = denseLogits.AsMemory(k * vocab, vocab);
            var negativeEntropy = SoftmaxRow.Normalise(row.Span);
            truth[missing[k]] = new DenseRow(row, negativeEntropy);
            if (known[window] is { } place)
            {
                row.Span.CopyTo(place.Probabilities.AsSpan(position * vocab));
                place.NegativeEntropies[position] = negativeEntropy;
            }
        });
        for (var i = 0; i < rows.Length; i++)
        {
            var (window, position) = slots[i];
            if (known[window] is { Complete: true } done)
                truth[i] = new DenseRow(done.Probabilities.AsMemory(position * vocab, vocab), done.NegativeEntropies[position]);
        }
        return truth;
    }

    /// <summary>Some plans on the same rows, whose logits are one product.</summary>
    private void Compare(Activations[] ends, int[] plans, int[] rows, DenseRow[] truth, double[][] kl, int start)
    {
        var taken = Taken([.. plans.Select(plan => ends[plan])], rows);
        Logits(scaledNorm, taken, [.. Enumerable.Range(0, taken.Rows)], ref logits);
        var vocab = head.Rows;
        Workers.For(taken.Rows, runner.Threads, i =>
        {
            var (plan, row) = Math.DivRem(i, rows.Length);
            kl[plans[plan]][start + row] = truth[row].NegativeEntropy
                + SoftmaxRow.Compare(truth[row].Probabilities.Span, logits.AsSpan(i * vocab, vocab)).CrossEntropy;
        });
    }

    private static Activations Taken(Activations[] ends, int[] rows)
    {
        var width = ends[0].Width;
        var taken = new Activations(1, ends.Length * rows.Length, width);
        for (var i = 0; i < taken.Rows; i++)
            ends[i / rows.Length].Values.AsSpan(rows[i % rows.Length] * width, width).CopyTo(taken.Values.AsSpan(i * width));
        return taken;
    }

    /// <summary>Logits into a buffer that grows to the largest block and is kept.</summary>
    private void Logits(float[] norm, Activations? end, int[] rows, ref float[] into)
    {
        if (rows.Length == 0)
            return;
        var size = rows.Length * head.Rows;
        if (into.Length < size)
            into = GC.AllocateUninitializedArray<float>(size);
        runner.Logits(norm, head, end!, rows, into);
    }

    private readonly record struct DenseRow(ReadOnlyMemory<float> Probabilities, double NegativeEntropy);
}
