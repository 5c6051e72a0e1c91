using ForgePrune.Evaluation;
using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Onnx.Forward;
using ForgePrune.Onnx.Scores;
using ForgePrune.Onnx.Tests.Forward;
using ForgePrune.Search;
using ForgePrune.Serving;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Onnx.Tests.Scores;

/// <summary>The graph that judges predictions on a device, through the processor's provider and the same bindings.</summary>
public sealed class ProviderScoresTests
{
    private const int Seed = 20271, Hidden = 24;

    /// <summary>ε of float32, for sums of <see cref="Hidden"/> terms in any order, of a normalised row with a head: a logit errs by at most some 16 ε of the
    /// largest. A loss moves by no more than twice that, a divergence by no more than twice that of each model.</summary>
    private const double Tolerance = 64 * 1.2e-7 / 2;

    [TestCase(1, 1, 7, 1)]
    [TestCase(1, 1, 1, 1)]
    [TestCase(1, 6, 301, 1)]
    [TestCase(3, 5, 1001, 1)]
    [TestCase(2, 4, 50, 1000, Description = "extreme logits")]
    [TestCase(1, 3, 6001, 1e-4, Description = "nearly uniform")]
    public void Scores_equal_float64(int models, int rows, int vocab, double scale)
    {
        var random = new Random(Seed);
        foreach (var (name, config) in Configs(vocab))
        {
            using var scores = new ProviderScores(config, ServingProvider.Cpu, threads: 2);
            OutputHead own = Head(vocab, scale, random), other = Head(vocab, scale, random);
            var (ends, truthEnds) = (Made.Vector(models * rows * Hidden, random), Made.Vector(rows * Hidden, random));
            int[] next = [.. Enumerable.Range(0, rows).Select(_ => random.Next(vocab))];
            // One head with another norm, as plans have it, and two heads.
            foreach (var truth in new[] { other with { Weights = own.Weights }, other })
            {
                var (z, p) = (Logits(config, own, ends), Logits(config, truth, truthEnds));
                var within = Tolerance * (1 + z.Concat(p).Max(row => row.Max(Math.Abs)));
                var because = $"{name}, {models} × {rows} × {vocab}, scale {scale}, seed {Seed}";
                var compared = scores.Score(new(own, ends) { Truth = truth, TruthEnds = truthEnds });
                Assert.That(compared.Divergences, Is.EqualTo(z.Select((row, i) => Divergence(p[i % rows], row))).Within(within), because);
                Assert.That((compared.Losses, compared.TruthLosses), Is.EqualTo((Array.Empty<double>(), Array.Empty<double>())));
                if (models > 1)
                    continue;
                var both = scores.Score(new(own, ends) { Truth = truth, TruthEnds = truthEnds, Next = next });
                Assert.That(both.Divergences, Is.EqualTo(compared.Divergences), because);
                Assert.That(both.Losses, Is.EqualTo(z.Select((row, i) => Loss(row, next[i]))).Within(within), because);
                Assert.That(both.TruthLosses, Is.EqualTo(p.Select((row, i) => Loss(row, next[i]))).Within(within), because);
                Assert.That(scores.Score(new(own, ends) { Next = next }).Losses, Is.EqualTo(both.Losses), because);
            }
        }
    }

    [Test]
    public void A_model_does_not_diverge_from_itself()
    {
        var (config, random) = (Made.Config(Hidden, 8, 500), new Random(Seed));
        using var scores = new ProviderScores(config, ServingProvider.Cpu, threads: 1);
        var (head, ends) = (Head(500, 3, random), Made.Vector(4 * Hidden, random));
        // Both sides are the same operations on the same numbers.
        Assert.That(scores.Score(new(head, ends) { Truth = head, TruthEnds = ends }).Divergences, Is.All.EqualTo(0).Within(1e-14));
    }

    [Test]
    public void Heads_stay_until_others_come_and_come_back_after_a_rest()
    {
        var (config, random) = (Made.Config(Hidden, 8, 60), new Random(Seed));
        using var scores = new ProviderScores(config, ServingProvider.Cpu, threads: 1);
        OutputHead one = Head(60, 1, random), two = Head(60, 1, random);
        var ends = Made.Vector(2 * Hidden, random);
        double[] Losses(OutputHead head) => scores.Score(new(head, ends) { Next = [3, 59] }).Losses;
        var (first, second) = (Losses(one), Losses(two));
        Assert.That(first, Is.Not.EqualTo(second));
        Assert.That((Losses(one), Losses(one), Losses(two)), Is.EqualTo((first, first, second)));
        scores.Dispose();
        Assert.That(Losses(one), Is.EqualTo(first));
    }

    [Test]
    public void Rows_that_do_not_fit_are_refused_and_none_are_none()
    {
        var (config, random) = (Made.Config(Hidden, 8, 60), new Random(Seed));
        using var scores = new ProviderScores(config, ServingProvider.Cpu, threads: 1);
        var head = Head(60, 1, random);
        var rows = Made.Vector(2 * Hidden, random);
        Assert.That(() => scores.Score(new(head, rows) { Next = [1] }), Throws.ArgumentException);
        Assert.That(() => scores.Score(new(head, rows) { Truth = head }), Throws.ArgumentException);
        Assert.That(() => scores.Score(new(head, rows) { Truth = head, TruthEnds = rows[..Hidden], Next = [1, 2] }), Throws.ArgumentException);
        Assert.That(scores.Score(new(head, []) { Truth = head }).Divergences, Is.Empty);
    }

    [Test]
    public void Plans_are_measured_as_by_logits()
    {
        var config = SyntheticModels.Config(layers: 2, kvHeads: 2, queryHeads: 4, ffn: 48, vocab: 301);
        using var dense = SyntheticModels.Random(config, Seed);
        using var there = new OrtBlockRunner(config, threads: 2, scoring: ServingProvider.Cpu);
        using var here = new OrtBlockRunner(config, threads: 2);
        var windows = Windows(config, count: 3, length: 9);
        Plan[] plans = [Make((1, 2, 48), (2, 4, 20)), Make((2, 4, 48), (0, 0, 7)), Make((2, 4, 48), (2, 4, 48))];
        foreach (var options in new[] { new PlanEvaluatorOptions(1, 1L << 30, 0.9), new PlanEvaluatorOptions(2, 200_000) })
        {
            var scored = new PlanEvaluator(dense, there, new PrefixLevels(dense), options);
            var found = scored.Kl(plans, windows);
            var expected = new PlanEvaluator(dense, here, new PrefixLevels(dense), options).Kl(plans, windows);
            for (var plan = 0; plan < plans.Length; plan++)
                // Two ways to sum float32 logits of scale 5.
                Assert.That(found[plan], Is.EqualTo(expected[plan]).Within(5e-6), $"plan {plan}, {options}, seed {Seed}");
            Assert.That(scored.Kl(plans, windows), Is.EqualTo(found), "a second call, with remembered rows, gives the same bits");
        }
    }

    [Test]
    public void A_text_is_judged_as_by_logits()
    {
        var config = SyntheticModels.Config(layers: 1, vocab: 301);
        using InMemoryModel model = SyntheticModels.Random(config, Seed), reference = SyntheticModels.Random(config, Seed + 1);
        using var there = new OrtBlockRunner(config, threads: 2, scoring: ServingProvider.Cpu);
        using var here = new OrtBlockRunner(config, threads: 2);
        // Blocks of 512 rows begin and end inside of windows.
        var windows = Windows(config, count: 40, length: 18);
        foreach (var against in new[] { reference, null })
        {
            EvaluationResult found = ModelEvaluation.Run(model, there, windows, against), expected = ModelEvaluation.Run(model, here, windows, against);
            Assert.That(found.NegativeLogLikelihoods, Is.EqualTo(expected.NegativeLogLikelihoods).Within(5e-6), $"seed {Seed}");
            Assert.That(found.OtherNegativeLogLikelihoods, against is null ? Is.Null : Is.EqualTo(expected.OtherNegativeLogLikelihoods).Within(5e-6));
            Assert.That(found.Divergences, against is null ? Is.Null : Is.EqualTo(expected.Divergences).Within(5e-6));
        }
    }

    private static IEnumerable<(string Name, ModelConfig Config)> Configs(int vocab)
    {
        var plain = Made.Config(Hidden, 8, vocab);
        yield return ("plain", plain);
        yield return ("scaled and bounded logits", plain with { LogitDivisor = 2, LogitCap = 30 });
    }

    private static OutputHead Head(int vocab, double scale, Random random)
    {
        var weights = Made.Matrix(vocab, Hidden, random);
        for (var i = 0; i < weights.Values.Length; i++)
            weights.Values[i] *= (float)scale;
        return new(Made.Norm(Hidden, random), weights);
    }

    internal static double[][] Logits(ModelConfig config, OutputHead head, float[] ends) => [.. ends.Chunk(config.HiddenSize).Select(x =>
    {
        var root = Math.Sqrt(x.Average(value => (double)value * value) + (float)config.RmsNormEps);
        return head.Weights.Values.Chunk(config.HiddenSize).Select(row =>
        {
            var z = config.LogitScale * x.Index().Sum(one => one.Item / root * head.Norm[one.Index] * (double)row[one.Index]);
            return config.LogitCap is { } cap ? cap * Math.Tanh(z / cap) : z;
        }).ToArray();
    })];

    internal static double LogSum(double[] z) => z.Max() + Math.Log(z.Sum(value => Math.Exp(value - z.Max())));

    private static double Loss(double[] z, int next) => LogSum(z) - z[next];

    internal static double Divergence(double[] p, double[] q)
    {
        var (a, b) = (LogSum(p), LogSum(q));
        return p.Zip(q, (x, y) => Math.Exp(x - a) * (x - a - y + b)).Sum();
    }

    private static TokenWindows Windows(ModelConfig config, int count, int length)
    {
        var random = new Random(Seed);
        return new TokenWindows(length, [.. Enumerable.Range(0, count * length).Select(_ => random.Next(config.VocabSize))]);
    }

    private static Plan Make(params (int Kv, int Queries, int Ffn)[] layers) =>
        new([.. layers.Select(layer => new LayerShape(layer.Kv, layer.Queries, layer.Ffn))]);
}
