using ForgePrune.Levels;
using ForgePrune.Model;
using ForgePrune.Search;

namespace ForgePrune.Tests.Search;

public sealed class SpreadLevelsTests
{
    [Test]
    public void Few_levels_keep_both_ends_and_what_lies_evenly_between()
    {
        var levels = HeadLevels.For(new LayerShape(4, 32, 100), most: 5);
        var three = HeadLevels.Spread(levels, 3);
        Assert.Multiple(() =>
        {
            Assert.That(three, Has.Count.EqualTo(3));
            Assert.That(three[0], Is.EqualTo(new AttentionLevel(4, 32)));
            Assert.That(three[^1], Is.EqualTo(default(AttentionLevel)));
            Assert.That(HeadLevels.Weight(three[1]), Is.InRange(9, 27));
            Assert.That(levels, Does.Contain(three[1]));
            Assert.That(HeadLevels.Spread(levels, 5), Is.SameAs(levels));
            Assert.That(HeadLevels.Spread(levels, int.MaxValue), Is.SameAs(levels));
            Assert.That(() => HeadLevels.Spread(levels, 1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        });
    }

    [Test]
    public void Levels_between_measured_ones_are_priced_by_their_losses_and_never_below_a_larger_one()
    {
        AttentionLevel[] offered = [new(4, 8), new(4, 4), new(2, 4), new(2, 2), default];
        AttentionLevel[] priced = [offered[0], offered[2], offered[4]];
        var space = new SearchSpace([new LevelGrid(offered, [8, 0])], [new LevelGrid(priced, [8, 0])]);
        var measured = new MeasuredPrices(1, [new LayerPrices(new LevelGrid(priced, [8, 0]), [0, 1, 3], [0, 2])]);
        var straight = PriceTable.From(measured, space).Prices[0];
        // Weights 12, 8, 6, 4, 0: a level lies between by heads kept where no loss is known.
        Assert.That(straight, Is.EqualTo(new[] { 0, 4 / 6.0, 1, 1 + 2 * 2 / 6.0, 3 }).Within(1e-15));
        Dictionary<AttentionLevel, double> losses = new() { [offered[0]] = 0, [offered[1]] = 5, [offered[2]] = 10, [offered[3]] = 8, [default] = 20 };
        var bent = PriceTable.From(measured, space, attentionLoss: (_, level) => losses[level]).Prices[0];
        // The loss of (2, 2) lies below that of (2, 4), in which it is contained: it counts as equal.
        Assert.That(bent, Is.EqualTo(new[] { 0, 0.5, 1, 1, 3 }).Within(1e-15));
    }

    [Test]
    public void Time_that_was_spent_before_counts()
    {
        var path = Directory.CreateTempSubdirectory("forgeprune-time-").FullName;
        var folder = new SearchFolder(path) { Spent = new SpentTime(100) };
        Assert.That(new SearchTime(TimeSpan.FromSeconds(90), folder).IsOver, Is.True);
        Assert.That(new SearchTime(TimeSpan.FromSeconds(90), folder).Percent, Is.EqualTo(100));
        Assert.That(new SearchTime(TimeSpan.FromSeconds(1000), folder).Percent, Is.InRange(10, 99));
        var time = new SearchTime(TimeSpan.FromSeconds(1000), folder);
        Assert.That(time.IsOver, Is.False);
        time.Keep();
        Assert.That(folder.Spent!.Seconds, Is.InRange(100, 999));
        Directory.Delete(path, recursive: true);
    }
}
