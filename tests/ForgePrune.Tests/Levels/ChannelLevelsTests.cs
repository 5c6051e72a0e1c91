using ForgePrune.Calibration;
using ForgePrune.Errors;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Tests.Levels;

public sealed class ChannelLevelsTests
{
    private const int Seed = 11;

    /// <summary>Float64 against float64 on problems of condition below 1e4: 1e-16 · 1e4, with room for sums over 24 columns.</summary>
    private const double Tolerance = 1e-9;

    private static readonly LevelOptions Options = new();

    [Test]
    public void Every_loss_is_that_of_the_best_weights_on_the_kept_channels()
    {
        var (gram, w) = (SyntheticInputs.Gram(200, 24, Seed), SyntheticInputs.Weights(7, 24, Seed));
        var levels = LevelBuilder.Channels(gram, w, Options, "made", device: new CpuDevice(2));
        var plain = new PlainLeastSquares(gram, w, levels.Damping.Lambda);
        for (var width = 0; width <= 24; width++)
            Assert.That(levels.Losses[width], Is.EqualTo(plain.Loss(levels.Order.Kept(width))).Within(Tolerance * levels.Losses[0]), $"width {width}");
        Assert.That(levels.Losses[24], Is.Zero);
        Assert.That(levels.Losses.Zip(levels.Losses.Skip(1)).All(pair => pair.First >= pair.Second), "loss falls with width");
    }

    [Test]
    public void Each_step_removes_the_channel_whose_absence_costs_least()
    {
        var (gram, w) = (SyntheticInputs.Gram(100, 9, Seed), SyntheticInputs.Weights(4, 9, Seed));
        var levels = LevelBuilder.Channels(gram, w, Options, "made", device: new CpuDevice(2));
        var plain = new PlainLeastSquares(gram, w, levels.Damping.Lambda);
        for (var width = 9; width >= 1; width--)
        {
            var kept = levels.Order.Kept(width);
            var best = kept.MinBy(channel => plain.Loss(kept.Where(other => other != channel).ToArray()));
            Assert.That(levels.Order.Removal[9 - width], Is.EqualTo(best), $"width {width}");
        }
    }

    [Test]
    public void Damping_is_a_share_of_the_mean_diagonal()
    {
        var gram = SyntheticInputs.Gram(50, 6, Seed);
        var damping = LevelBuilder.Channels(gram, SyntheticInputs.Weights(3, 6, Seed), Options, "made", device: new CpuDevice(2)).Damping;
        Assert.That(damping.Fraction, Is.EqualTo(0.01));
        Assert.That(damping.Lambda, Is.EqualTo(0.01 * PlainLeastSquares.MeanDiagonal(gram)).Within(1e-12));
        Assert.That(damping.Refused, Is.Empty);
    }

    [Test]
    public void Dead_channels_leave_first_and_cost_nothing()
    {
        var x = SyntheticInputs.Activations(100, 8, Seed);
        for (var t = 0; t < 100; t++)
            x.Values[t * 8 + 5] = x.Values[t * 8 + 2] = 0;
        var levels = LevelBuilder.Channels(SyntheticInputs.Gram(x), SyntheticInputs.Weights(4, 8, Seed), Options, "made", device: new CpuDevice(2));
        Assert.That(levels.Order.Removal.Take(2), Is.EqualTo(new[] { 2, 5 }));
        Assert.That(levels.Losses[6], Is.Zero);
        Assert.That(levels.Losses[5], Is.Positive);
    }

    [Test]
    public void Inputs_that_are_all_dead_give_levels_that_cost_nothing()
    {
        var levels = LevelBuilder.Channels(new GramStatistics(3, 10, new double[9], new double[3]), SyntheticInputs.Weights(2, 3, Seed), Options, "made",
            device: new CpuDevice(2));
        Assert.That(levels.Losses, Is.All.Zero);
        Assert.That(levels.Order.Removal, Is.EqualTo(new[] { 0, 1, 2 }));
    }

    [Test]
    public void A_single_channel_has_two_levels()
    {
        var levels = LevelBuilder.Channels(SyntheticInputs.Gram(10, 1, Seed), SyntheticInputs.Weights(2, 1, Seed), Options, "made", device: new CpuDevice(2));
        Assert.That(levels.Losses, Has.Count.EqualTo(2));
        Assert.That(levels.Order.Removal, Is.EqualTo(new[] { 0 }));
    }

    [Test]
    public void Failing_factorisations_raise_the_damping_in_recorded_steps()
    {
        // Indefinite on purpose: off-diagonal 1.05 beside a diagonal of 1 needs λ above 0.05.
        var gram = new GramStatistics(2, 2, [1, 1.05, 1.05, 1], [0, 0]);
        var damping = LevelBuilder.Channels(gram, SyntheticInputs.Weights(2, 2, Seed), Options, "made", device: new CpuDevice(2)).Damping;
        Assert.That(damping.Fraction, Is.EqualTo(0.1));
        Assert.That(damping.Refused, Is.EqualTo(new[] { 0.01 }));
    }

    [Test]
    public void A_hopeless_gram_is_an_error_that_names_the_matrix()
    {
        var gram = new GramStatistics(2, 2, [1, 3, 3, 1], [0, 0]);
        Assert.That(() => LevelBuilder.Channels(gram, SyntheticInputs.Weights(2, 2, Seed), Options, "layer 3 down_proj", device: new CpuDevice(2)),
            Throws.TypeOf<BadInputException>().With.Message.Contains("layer 3 down_proj"));
    }

    [Test]
    public void Damping_outside_zero_to_one_is_refused([Values(-0.01, 2, double.NaN)] double damping) =>
        Assert.That(() => LevelBuilder.Channels(SyntheticInputs.Gram(9, 2, Seed), SyntheticInputs.Weights(2, 2, Seed), new LevelOptions(damping), "made",
            device: new CpuDevice(2)),
            Throws.TypeOf<BadInputException>().With.Message.Contains("0 to 1"));

    [Test]
    public void Affine_losses_are_those_of_centred_inputs()
    {
        var (gram, w) = (SyntheticInputs.Gram(150, 10, Seed), SyntheticInputs.Weights(5, 10, Seed));
        var levels = LevelBuilder.Channels(gram, w, Options with { Affine = true }, "made", device: new CpuDevice(2));
        var centred = new GramStatistics(10, gram.Tokens, gram.Values.Select((value, i) => value - gram.Sums[i / 10] * gram.Mean(i % 10)).ToArray(),
            new double[10]);
        var plain = new PlainLeastSquares(centred, w, levels.Damping.Lambda);
        for (var width = 0; width <= 10; width++)
            Assert.That(levels.Losses[width], Is.EqualTo(plain.Loss(levels.Order.Kept(width))).Within(Tolerance * levels.Losses[0]));
    }

    [Test]
    public void Orders_with_a_repeated_channel_are_refused() => Assert.That(() => new ChannelOrder([0, 2, 2]), Throws.ArgumentException);

    [Test]
    public void Scores_remove_the_lowest_first_and_equal_ones_by_index() =>
        Assert.That(ScoreLevels.Channels([3, 1, 2, 1]).Removal, Is.EqualTo(new[] { 1, 3, 2, 0 }));
}
