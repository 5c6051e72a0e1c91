using ForgePrune.Evaluation;
using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Tokens;

namespace ForgePrune.Tests.Evaluation;

public sealed class ModelEvaluationTests
{
    private const int Seed = 20264;

    /// <summary>Float32 logits and sums err by some 10 ε = 1e-6 of their scale, which is 10.</summary>
    private const double Tolerance = 1e-5;

    private static readonly ModelConfig Config = SyntheticModels.Config();

    /// <summary>Blocks of 512 rows begin and end inside of windows; the smaller memory makes groups of some windows.</summary>
    [Test]
    public void Means_of_every_window_equal_float64_over_its_own_logits([Values(1, 2, 40)] int count, [Values(1L << 30, 100_000L)] long memory)
    {
        using InMemoryModel model = SyntheticModels.Random(Config, Seed), reference = SyntheticModels.Random(Config, Seed + 1);
        using var runner = new PlainBlockRunner(Config);
        var windows = Windows(count, length: 18);
        var result = ModelEvaluation.Run(model, runner, windows, reference, memory);
        for (var window = 0; window < count; window++)
        {
            var one = windows.Slice(window, 1);
            var (z, p) = (Logits(model, runner, one), Logits(reference, runner, one));
            double own = 0, other = 0, divergence = 0;
            for (var position = 0; position < 17; position++)
            {
                var next = one.Window(0)[position + 1];
                own -= z[position][next] / 17;
                other -= p[position][next] / 17;
                divergence += p[position].Zip(z[position], (a, b) => Math.Exp(a) * (a - b)).Sum() / 17;
            }

            Assert.That(result.NegativeLogLikelihoods[window], Is.EqualTo(own).Within(Tolerance), $"window {window}, seed {Seed}");
            Assert.That(result.OtherNegativeLogLikelihoods![window], Is.EqualTo(other).Within(Tolerance), $"window {window}, seed {Seed}");
            Assert.That(result.Divergences![window], Is.EqualTo(divergence).Within(Tolerance), $"window {window}, seed {Seed}");
        }

        Assert.That(result.OtherPerplexity, Is.EqualTo(ModelEvaluation.Run(reference, runner, windows, memory: memory).Perplexity).Within(Tolerance));
    }

    [Test]
    public void Without_a_reference_only_the_model_is_judged()
    {
        using var model = SyntheticModels.Random(Config, Seed);
        using var runner = new PlainBlockRunner(Config);
        var windows = Windows(3, length: 2);
        var alone = ModelEvaluation.Run(model, runner, windows);
        Assert.That((alone.Kl, alone.OtherPerplexity), Is.EqualTo(((double?)null, (double?)null)));
        Assert.That(alone.NegativeLogLikelihoods, Is.EqualTo(ModelEvaluation.Run(model, runner, windows, model).OtherNegativeLogLikelihoods!).Within(Tolerance));
    }

    [Test]
    public void Progress_rises_from_layer_to_layer_to_one()
    {
        using var model = SyntheticModels.Random(Config, Seed);
        using var runner = new PlainBlockRunner(Config);
        var heard = new List<double>();
        ModelEvaluation.Run(model, runner, Windows(4, length: 6), model, progress: new Hearing(heard));
        Assert.That(heard, Is.Ordered.And.Unique.And.Count.GreaterThan(2 * Config.Layers.Count));
        Assert.That(heard[^1], Is.EqualTo(1));
    }

    /// <summary>ln softmax of every row, in float64.</summary>
    private static double[][] Logits(IDecoderModel model, IBlockRunner runner, TokenWindows window) =>
        [.. runner.Logits(model.ReadFinalNorm(), model.ReadHead(), DecoderForward.Run(model, runner, window), [.. Enumerable.Range(0, window.Length)])
            .Chunk(Config.VocabSize).Select(row =>
            {
                var sum = Math.Log(row.Sum(z => Math.Exp(z)));
                return row.Select(z => z - sum).ToArray();
            })];

    private static TokenWindows Windows(int count, int length)
    {
        var random = new Random(Seed);
        return new TokenWindows(length, [.. Enumerable.Range(0, count * length).Select(_ => random.Next(Config.VocabSize))]);
    }

    private sealed class Hearing(List<double> heard) : IProgress<double>
    {
        public void Report(double value) => heard.Add(value);
    }
}
