using ForgePrune.Calibration;
using ForgePrune.Errors;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Testing;
using ForgePrune.Tests.Calibration;
using ForgePrune.Tokens;

namespace ForgePrune.Tests.Levels;

public sealed class FitGapTests
{
    [Test]
    public void Tokens_follow_from_the_ratio()
    {
        // k/T = 1/2 gives 4; a ratio of 1.5 needs k/T = 1 − 1/√1.5 = 0.1835.
        var gap = new FitGap(500, 1000, 100, 1, 4);
        Assert.That(gap.Ratio, Is.EqualTo(4));
        Assert.That(gap.TokensFor(), Is.EqualTo(Math.Ceiling(500 / (1 - 1 / Math.Sqrt(1.5)))));
        Assert.That(gap.TokensFor(4), Is.EqualTo(1000));
        Assert.That((gap with { ValidationLoss = 0.5 }).TokensFor(), Is.EqualTo(1000));
        Assert.That(new FitGap(1, 1, 1, 0, 0).Ratio, Is.EqualTo(1));
        Assert.That(() => gap.TokensFor(1), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Short_text_is_said_in_one_sentence()
    {
        Assert.That(Database(1.4, 1.4).ShortText(), Is.Null);
        Assert.That(new LevelDatabase([new(null, new(new([0]), [1, 0], Damping.None))], false).ShortText(), Is.Null);
        Assert.That(Database(4, 1.2, 4, 9).ShortText(), Is.EqualTo(
            "The text is short for this model: with half of the columns kept, refits lose 4.0 times as much on held-out text as on their own 1,000 tokens "
            + "(9.0 times in layer 3 down_proj); by estimate, 2,800 tokens would bring that below 1.5"));

        LevelDatabase Database(params double[] ratios) => new([.. ratios.Select(ratio => new LayerLevels(null,
            new(new([0, 1]), [2, 1, 0], Damping.None) { Validation = [2, 1, 0], Gap = new(1, 1000, 100, 1, ratio) }))], false);
    }

    [Test]
    public void Files_hold_what_the_other_text_says([Values] bool affine)
    {
        using var run = new SyntheticCalibration(seed: 17);
        var random = new Random(18);
        var other = new TokenWindows(12, [.. Enumerable.Range(0, 24).Select(_ => random.Next(run.Model.Config.VocabSize))]);
        Calibrator.Run(run.Model, run.Runner, other, run.Folder("other"), new CpuDevice(2));
        var (validation, options) = (new GramFolder(run.Folder("other"), Calibrator.Source(run.Model, other)), new LevelOptions(Affine: affine));
        var built = LevelBuilder.Run(run.Model, run.Grams, validation, options, run.Folder("levels"), new CpuDevice(2));
        var opened = LevelDatabase.Open(run.Folder("levels"), run.Model, run.Grams, validation, options);
        for (var layer = 0; layer < 2; layer++)
        {
            var (first, second) = (built.Layers[layer], opened.Layers[layer]);
            Assert.That(second.Mlp!.Validation, Is.EqualTo(first.Mlp!.Validation).And.Count.EqualTo(25));
            Assert.That(second.Attention!.Validation, Is.EquivalentTo(first.Attention!.Validation!).And.Count.EqualTo(5));
            Assert.That((second.Mlp.Gap, second.Attention.Gap), Is.EqualTo((first.Mlp.Gap, first.Attention.Gap)));
            Assert.That(second.Mlp.Damping.Tried, Is.EqualTo(first.Mlp.Damping.Tried).And.Not.Empty);
            Assert.That(opened.Shape(layer), Is.EqualTo(first.Mlp.Shape()).And.Ordered.Descending);
        }

        Assert.That(opened.Gaps.Select(gap => gap.Matrix), Is.EqualTo(new[] { "layer 0 o_proj", "layer 0 down_proj", "layer 1 o_proj", "layer 1 down_proj" }));
        Assert.That(() => LevelDatabase.Open(run.Folder("levels"), run.Model, run.Grams, options), Throws.TypeOf<BadInputException>());
    }
}
