using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests.Training;

public sealed class AttentionTests
{
    [TestCase(1, 1, 1, 1, 1)]
    [TestCase(1, 2, 1, 1, 2)]
    [TestCase(2, 5, 4, 2, 6)]
    [TestCase(1, 9, 6, 1, 3)]
    [TestCase(3, 4, 3, 3, 18)]
    [TestCase(2, 5, 4, 2, 6, 1)]
    [TestCase(2, 5, 4, 2, 6, 3, 0.1f)]
    [TestCase(1, 9, 6, 1, 3, 9, 1f)]
    [TestCase(1, 9, 2, 1, 3, 8)]
    [TestCase(1, 9, 2, 1, 3, 100)]
    [TestCase(1, 1, 1, 1, 1, 0, null, 0.5f)]
    [TestCase(2, 5, 4, 2, 6, 0, 1f, 0.5f)]
    [TestCase(1, 9, 2, 1, 3, 4, 2f, 1f)]
    [TestCase(1, 9, 6, 1, 3, 0, null, 50f)]
    public void Outputs_and_gradients(
        int windows, int tokens, int queryHeads, int kvHeads, int headDim, int seen = 0, float? scale = null, float? cap = null)
    {
        var shape = new AttentionShape(windows, tokens, queryHeads, kvHeads, headDim) { Seen = seen, Scale = scale, Cap = cap };
        var made = new SyntheticAttention(shape, seed: tokens + headDim);
        var (output, dq, dk, dv) = made.Run(threads: 2);
        Gradients.RequireNear(output, made.Reference(), headDim + tokens, "o");
        var terms = 4 * (headDim + tokens * shape.QueriesPerGroup);
        Gradients.RequireNear(dq, Gradients.Of(made.Q, made.DOutput, q => CausalAttentionReference.Forward(shape, q, made.WideK, made.WideV)), terms, "dq");
        Gradients.RequireNear(dk, Gradients.Of(made.K, made.DOutput, k => CausalAttentionReference.Forward(shape, made.WideQ, k, made.WideV)), terms, "dk");
        Gradients.RequireNear(dv, Gradients.Of(made.V, made.DOutput, v => CausalAttentionReference.Forward(shape, made.WideQ, made.WideK, v)), terms, "dv");
    }

    // Across the borders of strips of 64 queries: a few elements each, since a difference costs two whole attentions.
    [TestCase(63)]
    [TestCase(64)]
    [TestCase(65)]
    [TestCase(130)]
    [TestCase(130, 64)]
    [TestCase(130, 3)]
    [TestCase(130, 70, 0.7f)]
    public void Strips_join(int tokens, int seen = 0, float? cap = null)
    {
        var shape = new AttentionShape(1, tokens, 2, 1, 5) { Seen = seen, Cap = cap };
        var made = new SyntheticAttention(shape, seed: tokens);
        var (output, dq, dk, dv) = made.Run(threads: 2);
        Gradients.RequireNear(output, made.Reference(), 5 + tokens, "o");
        var random = Made.Random(tokens);
        foreach (var (values, gradient, forward) in new (float[], float[], Func<double[], double[]>)[]
        {
            (made.Q, dq, q => CausalAttentionReference.Forward(shape, q, made.WideK, made.WideV)),
            (made.K, dk, k => CausalAttentionReference.Forward(shape, made.WideQ, k, made.WideV)),
            (made.V, dv, v => CausalAttentionReference.Forward(shape, made.WideQ, made.WideK, v)),
        })
            for (var sample = 0; sample < 6; sample++)
            {
                var chosen = random.Next(values.Length);
                var expected = Gradients.Of([values[chosen]], made.DOutput, point =>
                {
                    var moved = Gradients.Widen(values);
                    moved[chosen] = point[0];
                    return forward(moved);
                });
                Gradients.RequireNear([gradient[chosen]], expected, 4 * (5 + 2 * tokens), $"element {chosen}");
            }
    }

    [Test]
    public void Large_scores_do_not_overflow()
    {
        var shape = new AttentionShape(1, 70, 1, 1, 4);
        var made = new SyntheticAttention(shape, seed: 1, size: 60);
        var (output, dq, dk, dv) = made.Run(threads: 1);
        // Scores near 3600/√4 carry an absolute error of that many half epsilons, which is the relative error of a probability.
        Gradients.RequireNear(output, made.Reference(), 4000, "o");
        Assert.That(dq.Concat(dk).Concat(dv), Has.All.Matches<float>(float.IsFinite));
    }

    [Test]
    public void The_number_of_threads_does_not_change_a_bit()
    {
        var made = new SyntheticAttention(new AttentionShape(3, 70, 6, 3, 8), seed: 2);
        Assert.That(made.Run(threads: 3), Is.EqualTo(made.Run(threads: 1)));
    }

    [Test]
    public void Query_heads_that_do_not_divide_are_refused() =>
        Assert.That(() => CausalAttention.Forward(new(1, 1, 3, 2, 1), new float[3], new float[2], new float[2], new float[3], new float[3], threads: 0),
            Throws.ArgumentException.With.Message.Contains("equally many"));

    private sealed class SyntheticAttention
    {
        private readonly AttentionShape shape;

        public SyntheticAttention(AttentionShape shape, int seed, float size = 1)
        {
            this.shape = shape;
            var random = Made.Random(seed);
            float[] Values(int width) => [.. Made.Floats(random, shape.Rows * width).Select(value => size * value)];
            (Q, K, V, DOutput) = (Values(shape.QueryWidth), Values(shape.KvWidth), Values(shape.KvWidth), Values(shape.QueryWidth));
            (WideQ, WideK, WideV) = (Gradients.Widen(Q), Gradients.Widen(K), Gradients.Widen(V));
        }

        public float[] Q { get; }

        public float[] K { get; }

        public float[] V { get; }

        public float[] DOutput { get; }

        public double[] WideQ { get; }

        public double[] WideK { get; }

        public double[] WideV { get; }

        public double[] Reference() => CausalAttentionReference.Forward(shape, WideQ, WideK, WideV);

        public (float[] Output, float[] Dq, float[] Dk, float[] Dv) Run(int threads)
        {
            float[] output = new float[Q.Length], logSums = new float[shape.Rows * shape.QueryHeads];
            float[] dq = new float[Q.Length], dk = new float[K.Length], dv = new float[V.Length];
            CausalAttention.Forward(shape, Q, K, V, output, logSums, threads);
            CausalAttention.Backward(shape, Q, K, V, output, logSums, DOutput, dq, dk, dv, threads);
            return (output, dq, dk, dv);
        }
    }
}
