using ForgePrune.Pipeline.Resources;
using ForgePrune.Pipeline.Stages;
using ForgePrune.Tokens;

namespace ForgePrune.Tests.Pipeline;

public sealed class EvaluationTextTests
{
    [TestCase(10, 1, new[] { 0 })]
    [TestCase(10, 3, new[] { 0, 3, 6 })]
    [TestCase(4, 4, new[] { 0, 1, 2, 3 })]
    public void Windows_are_spread_evenly_over_the_text(int count, int taken, int[] expected)
    {
        var text = new TokenWindows(2, [.. Enumerable.Range(0, 2 * count)]);
        var part = EvaluationText.Spread(text, taken);
        Assert.That(Enumerable.Range(0, part.Count).Select(window => part.Window(window)[0] / 2), Is.EqualTo(expected));
    }

    [Test]
    public void Models_are_timed_side_by_side_up_to_a_share_of_the_memory()
    {
        const long gigabyte = 1L << 30;
        Assert.That(RunMemory.ServedTogether(24 * gigabyte), Is.EqualTo(18 * gigabyte));
        // A model of 1.1 billion parameters with one of three quarters.
        Assert.That(RunMemory.Served(4_400_000_000, 3_300_000_000), Is.InRange(RunMemory.ServedTogether(8 * gigabyte), RunMemory.ServedTogether(16 * gigabyte)));
    }
}
