using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests.Training;

public sealed class HeadLossTests
{
    private const int Hidden = 5, TruthHidden = 7;
    private const float Scale = 0.25f;

    [Test]
    public void Loss_and_gradients([Values] bool divergence, [Values(0, 1, 6)] int rows, [Values(1, 2, 19)] int vocab, [Values(null, 0.7f)] float? cap)
    {
        var random = Made.Random(rows * 10 + vocab);
        float[] x = Made.Floats(random, rows * Hidden), head = Made.Floats(random, vocab * Hidden);
        float[] truth = Made.Floats(random, rows * TruthHidden), truthHead = Made.Floats(random, vocab * TruthHidden);
        // The second row predicts nothing.
        int[] targets = [.. Enumerable.Range(0, rows).Select(row => row == 1 ? -1 : random.Next(vocab))];
        float[] dx = new float[x.Length], dHead = Made.Floats(random, head.Length);
        var before = Gradients.Widen(dHead);
        var loss = new HeadLoss(vocab, divergence);
        var total = divergence
            ? loss.Divergence(new(x, head, Hidden) { Cap = cap }, new(truth, truthHead, TruthHidden) { Cap = cap * 2 }, targets, Scale, dx, dHead, threads: 2)
            : loss.CrossEntropy(new(x, head, Hidden) { Cap = cap }, targets, Scale, dx, dHead, threads: 2);

        double Reference(double[] rowsOf, double[] headOf) => Enumerable.Range(0, rows).Where(row => targets[row] >= 0).Sum(row =>
        {
            var z = Bounded(Logits(rowsOf, headOf, row, Hidden, vocab), cap);
            return divergence
                ? SoftmaxLossReference.Divergence(z, Bounded(Logits(Gradients.Widen(truth), Gradients.Widen(truthHead), row, TruthHidden, vocab), cap * 2))
                : SoftmaxLossReference.CrossEntropy(z, targets[row]);
        });
        var (wideX, wideHead) = (Gradients.Widen(x), Gradients.Widen(head));
        Assert.That(total, Is.EqualTo(Reference(wideX, wideHead)).Within((rows + 1) * (vocab + 16) * Made.FloatEpsilon), "float32 logits, each near one");
        Gradients.RequireNear(dx, Gradients.Of(x, point => Scale * Reference(point, wideHead)), vocab + Hidden, "dx");
        var expected = Gradients.Of(head, point => Scale * Reference(wideX, point));
        Gradients.RequireNear(dHead, [.. expected.Select((value, i) => value + before[i])], rows + vocab, "dHead is added to");
    }

    [Test]
    [Category("Slow")]
    public void Chunks_of_rows_join_and_threads_do_not_change_a_bit()
    {
        // 2²⁰ logits a row: sixteen rows are a chunk, and the last chunk is not full.
        const int vocab = 1 << 20, rows = 19, hidden = 1;
        var random = Made.Random(3);
        float[] x = Made.Floats(random, rows), head = Made.Floats(random, vocab);
        int[] targets = [.. Enumerable.Range(0, rows).Select(_ => random.Next(vocab))];
        (double Loss, float[] Dx, float[] DHead) Run(int threads)
        {
            float[] dx = new float[rows], dHead = new float[vocab];
            return (new HeadLoss(vocab, divergence: false).CrossEntropy(new(x, head, hidden), targets, 1, dx, dHead, threads), dx, dHead);
        }

        var (loss, gradient, headGradient) = Run(threads: 1);
        var again = Run(threads: 3);
        Assert.That((again.Loss, again.Dx.SequenceEqual(gradient), again.DHead.SequenceEqual(headGradient)), Is.EqualTo((loss, true, true)));
        var wide = Gradients.Widen(head);
        var expected = Enumerable.Range(0, rows).Sum(row => SoftmaxLossReference.CrossEntropy([.. wide.Select(weight => weight * x[row])], targets[row]));
        // Block sums of 4096 float32 terms, lane by lane: 512 additions each.
        Assert.That(loss, Is.EqualTo(expected).Within(rows * 512 * Made.FloatEpsilon));
    }

    [Test]
    public void Large_logits_do_not_overflow()
    {
        float[] z = [1000, -1000, 999], truth = [-1000, 1000, 0];
        Assert.That(SoftmaxLoss.Divergence((float[])z.Clone(), truth, 1), Is.EqualTo(2000.3133).Within(1e-3), "ln 1 − (−2000 − ln(1 + 1/e))");
        Assert.That(SoftmaxLoss.CrossEntropy(z, 1, 1), Is.EqualTo(2000.3133).Within(1e-3));
        Assert.That(z, Has.All.Matches<float>(float.IsFinite));
    }

    [Test]
    public void Without_gradients_only_the_loss_is_made()
    {
        float[] x = [1, 2], head = [1, 0, 0, 1];
        Assert.That(new HeadLoss(2, false).CrossEntropy(new(x, head, 2), [1], 1, [], [], threads: 0), Is.EqualTo(Math.Log(1 + Math.Exp(-1))).Within(1e-6));
    }

    private static double[] Bounded(double[] z, double? cap) => cap is { } most ? [.. z.Select(value => most * Math.Tanh(value / most))] : z;

    private static double[] Logits(double[] x, double[] head, int row, int hidden, int vocab) =>
        [.. Enumerable.Range(0, vocab).Select(id => Enumerable.Range(0, hidden).Sum(i => x[row * hidden + i] * head[id * hidden + i]))];
}
