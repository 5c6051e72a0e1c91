using ForgePrune.Evaluation;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Model;

namespace ForgePrune.Search;

/// <summary>Divergences from logits on the host.</summary>
/// <param name="scaledNorm">The final norm of the plans.</param>
internal sealed class LogitDivergence(IBlockRunner runner, float[] finalNorm, float[] scaledNorm, Matrix head, int stride)
    : DivergenceMeter(head.Rows, stride)
{
    private float[] denseLogits = [];
    private float[] logits = [];

    public override int KnownWidth => head.Rows;

    protected override Func<Activations, double[]> Against(
        (int Window, int Position)[] slots, int[] rows, DensePrediction?[] known, Activations? denseEnd)
    {
        var truth = Truth(slots, rows, known, denseEnd);
        return taken => Compare(taken, truth);
    }

    /// <summary>Some plans on the same rows, whose logits are one product.</summary>
    private double[] Compare(Activations taken, DenseRow[] truth)
    {
        Logits(scaledNorm, taken, [.. Enumerable.Range(0, taken.Rows)], ref logits);
        var (vocab, kl) = (head.Rows, new double[taken.Rows]);
        Workers.For(taken.Rows, runner.Threads, i =>
        {
            var row = truth[i % truth.Length];
            kl[i] = row.NegativeEntropy + SoftmaxRow.Compare(row.Probabilities.Span, logits.AsSpan(i * vocab, vocab)).CrossEntropy;
        });
        return kl;
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
                row.Span.CopyTo(place.Values.AsSpan(position * vocab));
                place.NegativeEntropies[position] = negativeEntropy;
            }
        });
        for (var i = 0; i < rows.Length; i++)
        {
            var (window, position) = slots[i];
            if (known[window] is { Complete: true } done)
                truth[i] = new DenseRow(done.Values.AsMemory(position * vocab, vocab), done.NegativeEntropies[position]);
        }
        return truth;
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
