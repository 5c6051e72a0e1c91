using ForgePrune.Methods.TrainLarge;
using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Training;

namespace ForgePrune.Methods.Tests.TrainLarge;

public sealed class RandomDecoderTests
{
    private static readonly ModelConfig Config = SyntheticModels.Config(layers: 3, hidden: 64, headDim: 16, kvHeads: 2, queryHeads: 4, ffn: 128, vocab: 300);

    [Test]
    public void It_knows_nothing_every_token_is_about_equally_likely([Values] bool tied)
    {
        var parameters = new DecoderParameters(RandomDecoder.Make(Config with { TiedEmbeddings = tied }, seed: 5));
        var random = new Random(5);
        int[] ids = [.. Enumerable.Range(0, 4 * 32).Select(_ => random.Next(Config.VocabSize))];
        var loss = new RecoveryObjective(parameters.Layout, null, 4, 32, threads: 1).Measure(parameters, ids) / (4 * 31);
        // Logits have the deviation 0.02·√64 = 0.16: half its square is 0.013 nats, and chance moves the mean of 124 logits by as much. A tied head adds
        // a little to the token that is read.
        Assert.That(loss, Is.EqualTo(Math.Log(Config.VocabSize)).Within(0.1));
    }

    [Test]
    public void Deviations_are_what_they_should_be()
    {
        using var model = RandomDecoder.Make(Config with { QkvBias = true, QkNorm = true }, seed: 6);
        foreach (var (spec, values) in ModelTensors.Read(model))
        {
            if (spec.IsVector)
            {
                Assert.That(values, Is.All.EqualTo(spec.Role is TensorRole.QueryBias or TensorRole.KeyBias or TensorRole.ValueBias ? 0f : 1f), $"{spec.Role}");
                continue;
            }

            var expected = spec.Layer < 0 ? 0.02 : 1 / Math.Sqrt(spec.Cols * (spec.Role is TensorRole.Output or TensorRole.Down ? 6.0 : 1));
            // A deviation from n values is itself off by 1/√(2n) of it; five of those never happen by chance.
            Assert.That(Math.Sqrt(values.Average(value => (double)value * value)), Is.EqualTo(expected).Within(5 * expected / Math.Sqrt(2.0 * values.Length)),
                $"{spec.Role}");
            Assert.That(values.Average(), Is.EqualTo(0).Within(5 * expected / Math.Sqrt(values.Length)), $"{spec.Role}");
        }
    }

    [Test]
    public void Equal_seeds_give_equal_weights()
    {
        var first = RandomDecoder.Make(Config, 7).ContentHash;
        Assert.That(RandomDecoder.Make(Config, 7).ContentHash, Is.EqualTo(first));
        Assert.That(RandomDecoder.Make(Config, 8).ContentHash, Is.Not.EqualTo(first));
    }
}
