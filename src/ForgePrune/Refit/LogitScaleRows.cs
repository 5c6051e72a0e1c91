using System.Numerics.Tensors;
using ForgePrune.Evaluation;
using ForgePrune.Forward;
using ForgePrune.Kernels;
using ForgePrune.Model;
using ForgePrune.Tokens;

namespace ForgePrune.Refit;

/// <summary>Mean KL(p ‖ softmax(s·z)) over all predictions of some windows, with both derivatives in s. The final hidden states of the
/// pruned model stay in memory; logits are recomputed for each s.</summary>
/// <remarks>Where a model bounds its logits by c, the factor s on the norm gives l = c·tanh(s·z/c). With t = l/c, dl/ds = (1 − t²)·c·atanh(t)/s; the slope is
/// Σ (q − p)·dl/ds, and Var_q[dl/ds], which is never negative, stands for the curvature.</remarks>
internal sealed class LogitScaleRows
{
    private readonly IBlockRunner runner;
    private readonly float[] finalNorm;
    private readonly Matrix head;
    private readonly Activations states;
    private readonly int[] rows;
    private readonly double[] negativeEntropies;
    private readonly double[] expectedLogits;
    private readonly double? cap;

    // Recomputed for each s where logits are bounded: probabilities of all rows are too many to keep.
    private readonly Func<int[], float[]> truthOf;

    /// <param name="progress">Told the share of the layers of both models that are passed.</param>
    public LogitScaleRows(IDecoderModel pruned, IDecoderModel dense, IBlockRunner runner, TokenWindows windows, IProgress<double>? progress)
    {
        this.runner = runner;
        (finalNorm, head) = (pruned.ReadFinalNorm(), runner.HeadOf(pruned));
        double layers = dense.Config.Layers.Count;
        states = DecoderForward.Run(pruned, runner, windows, passed => progress?.Report(passed / layers / 2));
        // The last position of a window predicts nothing inside it.
        rows = [.. Enumerable.Range(0, states.Rows).Where(row => row % windows.Length < windows.Length - 1)];
        (negativeEntropies, expectedLogits) = (new double[rows.Length], new double[rows.Length]);
        cap = pruned.Config.LogitCap;
        var (denseNorm, denseHead, denseStates) = (dense.ReadFinalNorm(), runner.HeadOf(dense),
            DecoderForward.Run(dense, runner, windows, passed => progress?.Report(0.5 + (passed / layers / 2))));
        truthOf = slots => runner.Logits(denseNorm, denseHead, denseStates, slots);
        InBlocks((slots, start) =>
        {
            var truth = truthOf(slots);
            var logits = cap is null ? runner.Logits(finalNorm, head, states, slots) : [];
            ForRows(slots.Length, i =>
            {
                var p = truth.AsSpan(i * head.Rows, head.Rows);
                negativeEntropies[start + i] = SoftmaxRow.Normalise(p);
                if (cap is null)
                    expectedLogits[start + i] = TensorPrimitives.Dot((ReadOnlySpan<float>)p, logits.AsSpan(i * head.Rows, head.Rows));
            });
        });
    }

    public (double Kl, double Slope, double Curvature) At(double scale)
    {
        var (kl, slope, curvature) = (new double[rows.Length], new double[rows.Length], new double[rows.Length]);
        if (cap is { } most)
        {
            float[] scaled = [.. finalNorm.Select(weight => (float)(weight * scale))];
            InBlocks((slots, start) =>
            {
                float[] truth = truthOf(slots), logits = runner.Logits(scaled, head, states, slots);
                ForRows(slots.Length, i =>
                {
                    var p = truth.AsSpan(i * head.Rows, head.Rows);
                    SoftmaxRow.Normalise(p);
                    (kl[start + i], slope[start + i], curvature[start + i]) = BoundedLogits.Compare(p, logits.AsSpan(i * head.Rows, head.Rows), most, scale);
                    kl[start + i] += negativeEntropies[start + i];
                });
            });
            return (kl.Average(), slope.Average(), curvature.Average());
        }

        InBlocks((slots, start) =>
        {
            var logits = runner.Logits(finalNorm, head, states, slots);
            ForRows(slots.Length, i =>
            {
                var (logSumExp, mean, variance) = SoftmaxRow.Scaled(logits.AsSpan(i * head.Rows, head.Rows), scale);
                kl[start + i] = negativeEntropies[start + i] + logSumExp - scale * expectedLogits[start + i];
                slope[start + i] = mean - expectedLogits[start + i];
                curvature[start + i] = variance;
            });
        });
        return (kl.Average(), slope.Average(), curvature.Average());
    }

    private void InBlocks(Action<int[], int> work)
    {
        var block = LogitRows.PerBlock(head.Rows);
        for (var start = 0; start < rows.Length; start += block)
            work(rows[start..Math.Min(rows.Length, start + block)], start);
    }

    private void ForRows(int count, Action<int> row) => Workers.For(count, runner.Threads, row);
}
