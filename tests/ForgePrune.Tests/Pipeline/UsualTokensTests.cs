using ForgePrune.Errors;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Pipeline;

public sealed class UsualTokensTests
{
    private static PruneSettings Settings => new() { Model = Path.GetTempPath(), Out = Path.Combine(Path.GetTempPath(), "none"), Target = Target.Parse("0.5") };

    [TestCase(24, 65536)]
    [TestCase(8192, 65536)]
    [TestCase(14336, 114688)]
    public void The_usual_amount_of_text_follows_the_widest_projection(int ffn, int expected) =>
        Assert.That(Settings.TokensFor(SyntheticModels.Config(ffn: ffn)), Is.EqualTo(expected));

    [Test]
    public void Windows_that_do_not_divide_it_are_filled() =>
        Assert.That((Settings with { Window = 100 }).TokensFor(SyntheticModels.Config(ffn: 24)), Is.EqualTo(65600));

    [TestCase(1e-4, 65536 * 2)]
    [TestCase(0.01, 36000 / 256 * 256)]
    [TestCase(1, 2048)]
    public void Time_chooses_the_text_within_bounds(double secondsPerToken, int expected) =>
        Assert.That(PaceStage.Tokens(Settings with { Time = TimeSpan.FromHours(1) }, secondsPerToken, 65536), Is.EqualTo(expected));

    [Test]
    public void Less_than_a_minute_and_fewer_than_eight_windows_are_refused()
    {
        Assert.That(Assert.Throws<BadInputException>((Settings with { Time = TimeSpan.FromSeconds(5) }).Require)!.Message, Does.Contain("`Time` is 5 seconds"));
        Assert.That(Assert.Throws<BadInputException>((Settings with { Tokens = 1792 }).Require)!.Message, Does.Contain("7 windows of 256 tokens where at least 8"));
    }
}
