using ForgePrune.Errors;
using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Training;

namespace ForgePrune.Tests.Training;

public sealed class RecoveryObjectiveTests
{
    private const int Windows = 2, Seed = 7, SamplesPerTensor = 5;

    private const double Step = 1e-5;

    // Float32 sums of a few dozen terms through a few layers: some hundred half epsilons, of gradients near one.
    private const double Tolerance = 5e-5;

    [Test]
    public void Loss_and_gradients_of_whole_models_equal_float64_and_its_differences(
        [ValueSource(typeof(SyntheticDecoders), nameof(SyntheticDecoders.Names))] string name, [Values] RecoveryLoss loss)
    {
        TestContext.Out.WriteLine($"seed {Seed}");
        using var model = SyntheticDecoders.Model(name, Seed);
        using var other = SyntheticDecoders.Model("llama, tied", Seed + 1);
        var (weights, teacher) = (new DecoderParameters(model), loss == RecoveryLoss.Kl ? new DecoderParameters(other) : null);
        var ids = SyntheticDecoders.Ids(Windows, Seed);
        var gradients = new float[weights.Layout.Count];
        var objective = new RecoveryObjective(weights.Layout, teacher, Windows, SyntheticDecoders.Window, threads: 2);
        var total = objective.Add(weights, gradients, ids, 0.5f);

        var plain = new PlainDecoder(weights.Layout, SyntheticDecoders.Window);
        var truth = teacher is null ? null : new PlainDecoder(teacher.Layout, SyntheticDecoders.Window).Logits(Wide(teacher.Values), ids);
        var point = Wide(weights.Values);
        double Loss() => plain.Loss(point, ids, truth);
        Assert.That(total, Is.EqualTo(Loss()).Within(Tolerance * (1 + Math.Abs(total))));
        Assert.That(objective.Measure(weights, ids), Is.EqualTo(total), "the loss alone is the same number");

        var random = new Random(Seed);
        var start = 0;
        foreach (var tensor in weights.Layout.Tensors)
        {
            var length = (int)tensor.Elements;
            foreach (var i in Enumerable.Range(0, Math.Min(length, SamplesPerTensor)).Select(_ => start + random.Next(length)))
            {
                var value = point[i];
                point[i] = value + Step;
                var above = Loss();
                point[i] = value - Step;
                var below = Loss();
                point[i] = value;
                var expected = 0.5 * (above - below) / (2 * Step);
                Assert.That(gradients[i], Is.EqualTo(expected).Within(Tolerance * (1 + Math.Abs(expected))),
                    $"{tensor.Role} of layer {tensor.Layer}, value {i - start}");
            }

            start += length;
        }
    }

    [Test]
    public void A_slope_along_the_gradient_is_its_length()
    {
        // All weights at once, those that the samples miss included: the derivative along g / |g| is |g|.
        foreach (var name in SyntheticDecoders.Names)
        {
            using var model = SyntheticDecoders.Model(name, Seed);
            var weights = new DecoderParameters(model);
            var ids = SyntheticDecoders.Ids(Windows, Seed);
            var gradients = new float[weights.Layout.Count];
            new RecoveryObjective(weights.Layout, null, Windows, SyntheticDecoders.Window, threads: 1).Add(weights, gradients, ids, 1);
            var length = Math.Sqrt(gradients.Sum(value => (double)value * value));
            var plain = new PlainDecoder(weights.Layout, SyntheticDecoders.Window);
            double At(double way) => plain.Loss([.. weights.Values.Select((value, i) => value + way * gradients[i] / length)], ids, null);
            Assert.That((At(Step) - At(-Step)) / (2 * Step), Is.EqualTo(length).Within(Tolerance * length), name);
        }
    }

    [Test]
    public void Neither_threads_nor_a_last_part_that_is_smaller_change_a_bit()
    {
        using var model = SyntheticDecoders.Model("llama, tied", Seed);
        var weights = new DecoderParameters(model);
        var ids = SyntheticDecoders.Ids(Windows, Seed);
        (double Loss, float[] Gradients) Run(int windows, int threads)
        {
            var gradients = new float[weights.Layout.Count];
            return (new RecoveryObjective(weights.Layout, weights, windows, SyntheticDecoders.Window, threads).Add(weights, gradients, ids, 1),
                gradients);
        }

        var (loss, expected) = Run(Windows, 1);
        Assert.That(loss, Is.Zero.Within(1e-5), "a model does not differ from itself");
        Assert.That(Run(Windows + 3, 3).Gradients, Is.EqualTo(expected));
    }

    [Test]
    public void Weights_survive_the_way_into_one_array_and_back()
    {
        foreach (var name in SyntheticDecoders.Names)
        {
            using var model = SyntheticDecoders.Model(name, Seed);
            using var back = new DecoderParameters(model).ToModel();
            Assert.That(back.ContentHash, Is.EqualTo(model.ContentHash), name);
        }
    }

    [Test]
    public void A_token_outside_the_vocabulary_is_one_sentence()
    {
        using var model = SyntheticDecoders.Model("llama, tied", Seed);
        var weights = new DecoderParameters(model);
        Assert.That(() => new RecoveryObjective(weights.Layout, null, 1, 2, threads: 1).Measure(weights, [0, SyntheticDecoders.Vocab]),
            Throws.TypeOf<BadInputException>().With.Message.Contains("from 0 to 12"));
    }

    private static double[] Wide(float[] values) => Array.ConvertAll(values, value => (double)value);
}
