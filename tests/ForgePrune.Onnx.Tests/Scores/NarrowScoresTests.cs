using ForgePrune.Errors;
using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Onnx.Export;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Graphs;
using ForgePrune.Onnx.Scores;
using ForgePrune.Onnx.Tests.Forward;
using ForgePrune.Onnx.Tests.Providers;
using ForgePrune.Serving;

namespace ForgePrune.Onnx.Tests.Scores;

/// <summary>Predictions judged by heads of two bytes, on the processor, where ONNX Runtime casts what it has no operator for.</summary>
public sealed class NarrowScoresTests
{
    private const int Seed = 20282, Hidden = 48, Vocab = 1201;

    /// <summary>Half a unit in the last place of float16, relative.</summary>
    private const double Unit = 1.0 / (1 << 11);

    private static IEnumerable<BlockPlace> Places => [NarrowBlockTests.Half, NarrowBlockTests.Half with { Memory = BoundDecoderTests.AsDevice }];

    [TestCase(1, 7)]
    [TestCase(3, 4)]
    [TestCase(1, 1)]
    public void Scores_equal_float64_but_for_the_rounding_of_rows_and_heads(int models, int rows)
    {
        var random = new Random(Seed);
        foreach (var config in new[] { Made.Config(Hidden, 8, Vocab), Made.Config(Hidden, 8, Vocab) with { LogitDivisor = 0.5, LogitCap = 50 } })
        {
            foreach (var place in Places)
            {
                using var heads = new HeadTensors(place);
                using var scores = new ProviderScores(config, ServingProvider.Cpu, threads: 2, heads);
                OutputHead own = Head(random), other = Head(random);
                var (ends, truthEnds) = (Made.Vector(models * rows * Hidden, random), Made.Vector(rows * Hidden, random));
                int[] next = [.. Enumerable.Range(0, rows).Select(_ => random.Next(Vocab))];
                foreach (var truth in new[] { other with { Weights = own.Weights }, other })
                {
                    var (z, p) = (ProviderScoresTests.Logits(config, own, ends), ProviderScoresTests.Logits(config, truth, truthEnds));
                    // Terms of a logit are rounded one by one, with random signs: their error is a fraction of the largest logit's own rounding.
                    var within = 2 * Unit * z.Concat(p).Max(row => row.Max(Math.Abs));
                    Assert.That(scores.Score(new(own, ends) { Truth = truth, TruthEnds = truthEnds }).Divergences,
                        Is.EqualTo(z.Select((row, i) => ProviderScoresTests.Divergence(p[i % rows], row))).Within(within), $"{models} x {rows}, seed {Seed}");
                    if (models > 1)
                        continue;
                    var both = scores.Score(new(own, ends) { Truth = truth, TruthEnds = truthEnds, Next = next });
                    Assert.That(both.Losses, Is.EqualTo(z.Select((row, i) => ProviderScoresTests.LogSum(row) - row[next[i]])).Within(within));
                    Assert.That(both.TruthLosses, Is.EqualTo(p.Select((row, i) => ProviderScoresTests.LogSum(row) - row[next[i]])).Within(within));
                }

                Assert.That(heads.Made, Is.EqualTo(2));
                Assert.That(scores.Score(new(own, []) { Truth = own }).Divergences, Is.Empty);
                Assert.That(scores.Score(new(own, truthEnds) { Truth = own, TruthEnds = truthEnds }).Divergences, Is.All.EqualTo(0).Within(1e-14));
            }
        }
    }

    /// <summary>Logits of some hundreds, where a product rounded once errs by up to an eighth, and what the rounding took is added.</summary>
    [Test]
    public void Large_logits_are_not_rounded_to_the_type()
    {
        var (config, random) = (Made.Config(Hidden, 8, Vocab), new Random(Seed));
        var head = Head(random);
        // Values that float16 holds, in rows whose norm they are.
        float[] x = [.. Enumerable.Range(0, Hidden).Select(i => i % 2 == 0 ? 1f : -1f)], norm = [.. Enumerable.Repeat(1f, Hidden)];
        var weights = Rounded(head.Weights, 128);
        using var runner = new OrtBlockRunner(config with { RmsNormEps = 1e-12 }, threads: 1, place: NarrowBlockTests.Half);
        var logits = runner.Logits(norm, weights, new(1, 1, Hidden, x), [0]);
        var expected = ProviderScoresTests.Logits(config with { RmsNormEps = 1e-12 }, new(norm, weights), x)[0];
        Assert.That(expected.Max(Math.Abs), Is.GreaterThan(256));
        // Sums of some fifty terms in float32.
        Assert.That(logits.Select(value => (double)value), Is.EqualTo(expected).Within(1e-3));
        Assert.That(Array.ConvertAll(logits, value => (double)(float)(Half)value), Is.Not.EqualTo(expected).Within(1e-2), "which float16 does not hold");
    }

    /// <summary>What types of two bytes make of divergences, in float64 but for their rounding: the root mean square of a row's error, as docs/gpu.md has
    /// it.</summary>
    [TestCase(OnnxFloat.F16, 5e-4, 1e-6)]
    [TestCase(OnnxFloat.BF16, 5e-3, 1e-4)]
    public void Divergences_by_products_rounded_once_are_off_and_with_what_was_left_they_are_not(OnnxFloat type, double atLeast, double atMost)
    {
        var random = new Random(Seed);
        const int rows = 64;
        var (exact, once, twice) = (0.0, 0.0, 0.0);
        for (var row = 0; row < rows; row++)
        {
            // Logits of a language model: spread around zero by three, some tokens far above the others, at most 24.
            double[] p = [.. Enumerable.Range(0, Vocab).Select(i => (3 * Normal(random)) + (i % 97 == row % 97 ? 12 : 0))];
            double[] q = [.. p.Select(value => value + (0.5 * Normal(random)))];
            var kl = ProviderScoresTests.Divergence(p, q);
            exact += kl / rows;
            double Error(Func<double, double> rounded) =>
                ProviderScoresTests.Divergence(Array.ConvertAll(p, value => rounded(value)), Array.ConvertAll(q, value => rounded(value))) - kl;
            once += Math.Pow(Error(value => Round(value, type)), 2) / rows;
            twice += Math.Pow(Error(value => Halves(value, type)), 2) / rows;
        }

        (once, twice) = (Math.Sqrt(once), Math.Sqrt(twice));
        TestContext.Out.WriteLine($"{type}: KL {exact:0.0000}; of one row, rounded once {once:0.0e+0}, in two halves {twice:0.0e+0}, seed {Seed}");
        Assert.That(exact, Is.InRange(0.05, 0.5));
        Assert.That(once, Is.GreaterThan(atLeast));
        Assert.That(twice, Is.LessThan(atMost));
    }

    [Test]
    public void What_the_type_does_not_hold_is_named()
    {
        var (config, random) = (Made.Config(Hidden, 8, Vocab), new Random(Seed));
        using var heads = new HeadTensors(NarrowBlockTests.Half);
        using var scores = new ProviderScores(config, ServingProvider.Cpu, threads: 1, heads);
        var (head, ends) = (Head(random), Made.Vector(2 * Hidden, random));
        ends[Hidden] = float.NaN;
        Assert.That(() => scores.Score(new(head, ends) { Next = [1, 2] }),
            Throws.TypeOf<BadInputException>().With.Message.StartsWith("the output head comes to values that float16 does not hold, at one token"));
        var large = new Matrix(Vocab, Hidden, [.. head.Weights.Values]);
        large.Values[17] = 1e5f;
        Assert.That(() => scores.Score(new(head with { Weights = large }, ends) { Next = [1, 2] }),
            Throws.TypeOf<BadInputException>().With.Message.StartsWith("the output head has weights (lm_head) that float16 does not hold"));
    }

    [Test]
    public void Bfloat16_has_the_graph_of_float16()
    {
        var config = Made.Config(Hidden, 8, Vocab);
        byte[] half = new HeadScoreGraph(true, false, true, OnnxType.Float16).Build(config).ToBytes(),
            brain = new HeadScoreGraph(true, false, true, OnnxType.BFloat16).Build(config).ToBytes();
        var different = half.Zip(brain).Where(pair => pair.First != pair.Second).ToArray();
        Assert.That(different, Is.Not.Empty.And.All.EqualTo(((byte)OnnxType.Float16, (byte)OnnxType.BFloat16)));
    }

    private static OutputHead Head(Random random) => new(Made.Norm(Hidden, random), Made.Matrix(Vocab, Hidden, random));

    private static Matrix Rounded(Matrix matrix, float scale) =>
        new(matrix.Rows, matrix.Cols, Array.ConvertAll(matrix.Values, value => (float)(Half)(value * scale)));

    /// <summary>To nearest even.</summary>
    private static double Round(double value, OnnxFloat type) => type == OnnxFloat.F16 ? (double)(Half)value
        : BitConverter.UInt32BitsToSingle((uint)NarrowFloats.BFloat16(value) << 16);

    private static double Halves(double value, OnnxFloat type) => Round(value, type) is var first ? first + Round(value - first, type) : 0;

    private static double Normal(Random random) => Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
