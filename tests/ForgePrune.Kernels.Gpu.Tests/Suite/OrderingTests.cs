namespace ForgePrune.Kernels.Gpu.Tests;

[TestFixtureSource(typeof(Devices), nameof(Devices.Names))]
[NonParallelizable]
public sealed class OrderingTests(string name)
{
    [TestCase(1)]
    [TestCase(20)]
    [TestCase(37)]
    public void Orders_and_scores_equal_those_of_the_processor(int n)
    {
        using var ordering = new GpuOrdering(Devices.Open(name));
        var random = Kernels.Tests.Made.Random(1300 + n);
        const int rows = 9;
        var (h, w) = (Kernels.Tests.Made.Spd(random, n, n), Kernels.Tests.Made.Doubles(random, rows * n));
        bool[] dead = [.. Enumerable.Range(0, n).Select(j => n > 3 && j % 7 == 4)];
        var expected = new ProcessorOrdering().Order(h, n, w, rows, dead);
        // Twice: the workspace of the first layer serves the second.
        foreach (var actual in new[] { ordering.Order(h, n, w, rows, dead), ordering.Order(h, n, w, rows, dead) })
        {
            Assert.That(actual.Order, Is.EqualTo(expected.Order));
            for (var step = 0; step < n; step++)
                Assert.That(actual.Scores[step], Is.EqualTo(expected.Scores[step]).Within(1e-10 * (1 + expected.Scores.Max())));
        }
    }

    [Test]
    public void A_smaller_layer_may_follow_a_larger_one()
    {
        using var ordering = new GpuOrdering(Devices.Open(name));
        var random = Kernels.Tests.Made.Random(1400);
        foreach (var n in new[] { 33, 5 })
        {
            var (h, w) = (Kernels.Tests.Made.Spd(random, n, n), Kernels.Tests.Made.Doubles(random, 3 * n));
            Assert.That(ordering.Order(h, n, w, 3, []).Order, Is.EqualTo(new ProcessorOrdering().Order(h, n, w, 3, []).Order));
        }
    }

    [Test]
    public void A_hessian_that_is_not_positive_is_refused()
    {
        using var ordering = new GpuOrdering(Devices.Open(name));
        Assert.That(() => ordering.Order([1, 0, 0, -1], 2, [1, 1], 1, []), Throws.TypeOf<NotPositiveDefiniteException>());
    }
}
