using ForgePrune.Evaluation;
using ForgePrune.Forward;
using ForgePrune.Model;

namespace ForgePrune.Search;

/// <summary>Mean KL(dense ‖ pruned) per window from final residual streams. The last position of a window predicts nothing inside it and
/// is left out; of the others every <paramref name="stride"/>-th is scored.</summary>
internal abstract class DivergenceMeter(int vocab, int stride)
{
    /// <summary>The meter for what the runner gives: logits, or scores of a device.</summary>
    /// <param name="logitScale">Multiplies the logits of the plans.</param>
    public static DivergenceMeter Of(IBlockRunner runner, float[] finalNorm, Matrix head, int stride, double logitScale = 1)
    {
        float[] scaled = [.. finalNorm.Select(weight => (float)(weight * logitScale))];
        return runner.Scores ? new ScoreDivergence(runner, new(finalNorm, head), new(scaled, head), stride)
            : new LogitDivergence(runner, finalNorm, scaled, head, stride);
    }

    /// <summary>Values of a position that are remembered of the dense model.</summary>
    public abstract int KnownWidth { get; }

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
        var block = LogitRows.PerBlock(vocab);
        for (var start = 0; start < count; start += block)
        {
            var slots = Enumerable.Range(start, Math.Min(block, count - start)).Select(slot => Math.DivRem(slot, positions)).ToArray();
            var rows = Array.ConvertAll(slots, slot => slot.Quotient * tokens + slot.Remainder * stride);
            var compare = Against(slots, rows, known, denseEnd);
            foreach (var plans in Enumerable.Range(0, ends.Length).Chunk(Math.Max(1, block / rows.Length)))
            {
                var found = compare(Taken([.. plans.Select(plan => ends[plan])], rows));
                for (var i = 0; i < found.Length; i++)
                    kl[plans[i / rows.Length]][start + (i % rows.Length)] = found[i];
                work.HeadDone((double)plans.Length * rows.Length / positions);
            }
        }
        foreach (var prediction in known)
            prediction?.Complete = true;
        return kl.Select(all => all.Chunk(positions).Select(window => window.Average()).ToArray()).ToArray();
    }

    /// <summary>Settles what the dense model predicts at each row of a block, remembered or from its stream.</summary>
    /// <returns>Gives the divergence of every row of some plans, plan after plan, from those rows of their streams.</returns>
    protected abstract Func<Activations, double[]> Against(
        (int Window, int Position)[] slots, int[] rows, DensePrediction?[] known, Activations? denseEnd);

    private static Activations Taken(Activations[] ends, int[] rows)
    {
        var width = ends[0].Width;
        var taken = new Activations(1, ends.Length * rows.Length, width);
        for (var i = 0; i < ends.Length; i++)
            ends[i].Take(rows, taken.Values.AsSpan(i * rows.Length * width));
        return taken;
    }
}
