using ForgePrune.Pipeline.Summary;

namespace ForgePrune.Tests.Pipeline;

public sealed class LossPointTests
{
    [TestCase(0, 0)]
    [TestCase(1, 1)]
    [TestCase(50, 50)]
    [TestCase(51, 26)]
    [TestCase(99, 50)]
    [TestCase(101, 34)]
    public void Points_stand_for_equally_many_steps(int steps, int points)
    {
        double[] losses = [.. Enumerable.Range(1, steps).Select(step => (double)step)];
        var curve = LossPoint.Of(losses, tokensPerStep: 10);
        Assert.That(curve, Has.Count.EqualTo(points));
        // Weighted by their steps, the means give back the whole.
        var (before, sum) = (0L, 0.0);
        foreach (var point in curve)
        {
            sum += point.Loss * (point.Tokens - before) / 10;
            before = point.Tokens;
        }

        Assert.That(before, Is.EqualTo(10 * steps));
        Assert.That(sum, Is.EqualTo(losses.Sum()).Within(1e-9 * losses.Sum()));
    }
}
