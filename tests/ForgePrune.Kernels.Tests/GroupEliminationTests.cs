using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests;

public sealed class GroupEliminationTests
{
    [Test]
    public void Blocks_of_one_column_are_channels()
    {
        const int n = 45, rows = 7;
        var random = Made.Random(61);
        var (h, w) = (Made.Spd(random, n, n), Made.Doubles(random, rows * n));
        var channels = ChannelElimination.Run(Made.Inverse(h, n), Made.WeightGram(w, rows, n), n, [], n, threads: 0);
        var groups = GroupElimination.Run(Made.Inverse(h, n), Made.WeightGram(w, rows, n), n, 1, threads: 0);
        Assert.That(groups.Order, Is.EqualTo(channels.Order));
        Assert.That(Made.LargestDifference(groups.Scores, channels.Scores), Is.LessThan(1e-10 * channels.Scores.Max()));
    }

    [TestCase(3, 4, 5)]
    [TestCase(6, 1, 2)]
    [TestCase(5, 16, 10)]
    [TestCase(4, 40, 6)]
    public void Each_step_is_the_best_by_closed_form(int blocks, int width, int rows)
    {
        var n = blocks * width;
        var random = Made.Random(n + rows);
        var (h, w) = (Made.Spd(random, n, n), Made.Doubles(random, rows * n));
        var result = GroupElimination.Run(Made.Inverse(h, n), Made.WeightGram(w, rows, n), n, width, threads: 0);
        var (kept, loss) = (Enumerable.Range(0, blocks).ToList(), 0.0);
        for (var step = 0; step < blocks; step++)
        {
            var losses = kept.ToDictionary(b => b, b => LeastSquares.Error(h, w, rows, n, Columns(kept.Where(k => k != b), width)));
            var best = losses.MinBy(pair => pair.Value);
            Assert.That(result.Order[step], Is.EqualTo(best.Key));
            Assert.That(result.Scores[step], Is.EqualTo(best.Value - loss).Within(1e-9 * (1 + best.Value)));
            kept.Remove(best.Key);
            loss = best.Value;
        }
    }

    [Test]
    public void A_union_is_scored_and_removed_exactly()
    {
        const int width = 5, n = 40, rows = 6;
        var random = Made.Random(62);
        var (h, w) = (Made.Spd(random, n, n), Made.Doubles(random, rows * n));
        var eliminator = New(h, w, rows, n, width);
        var loss = eliminator.Remove(5);
        Assert.That(eliminator.IsLiving(5), Is.False);
        var joint = eliminator.Score([0, 7, 2]);
        Assert.That(loss + joint, Is.EqualTo(LeastSquares.Error(h, w, rows, n, Columns([1, 3, 4, 6], width))).Within(1e-9));
        Assert.That(eliminator.Remove([0, 7, 2]), Is.EqualTo(joint));
        Assert.That(eliminator.Living, Is.EqualTo(4));
        Assert.That(loss + joint + eliminator.Score(4), Is.EqualTo(LeastSquares.Error(h, w, rows, n, Columns([1, 3, 6], width))).Within(1e-9));
        Assert.That(eliminator.Score([]), Is.Zero);
    }

    [Test]
    public void The_choice_may_be_restricted()
    {
        const int blocks = 6, width = 3, n = 18, rows = 4;
        var random = Made.Random(63);
        var eliminator = New(Made.Spd(random, n, n), Made.Doubles(random, rows * n), rows, n, width);
        var free = eliminator.Cheapest([]);
        bool[] candidate = [.. Enumerable.Range(0, blocks).Select(b => b != free)];
        var restricted = eliminator.Cheapest(candidate);
        Assert.That(restricted, Is.Not.EqualTo(free));
        Assert.That(Enumerable.Range(0, blocks).Where(b => b != free).Min(b => eliminator.Score(b)), Is.EqualTo(eliminator.Score(restricted)));
        Assert.That(eliminator.Cheapest(new bool[blocks]), Is.EqualTo(-1));
    }

    [Test]
    [Category("Slow")]
    public void Equal_scores_go_by_index()
    {
        double[] p = new double[64], g = new double[64];
        for (var i = 0; i < 8; i++)
            p[i * 8 + i] = g[i * 8 + i] = 1;
        Assert.That(GroupElimination.Run(p, g, 8, 2, threads: 0).Order, Is.EqualTo(new[] { 0, 1, 2, 3 }));
    }

    [Test]
    public void A_removed_or_repeated_block_is_refused()
    {
        var random = Made.Random(64);
        var eliminator = New(Made.Spd(random, 6, 6), Made.Doubles(random, 6), 1, 6, 2);
        eliminator.Remove(1);
        Assert.That(() => eliminator.Score(1), Throws.ArgumentException);
        Assert.That(() => eliminator.Score([0, 0]), Throws.ArgumentException);
        Assert.That(() => eliminator.Score(3), Throws.ArgumentException);
    }

    private static GroupEliminator New(double[] h, double[] w, int rows, int n, int width) =>
        new(Made.Inverse(h, n), Made.WeightGram(w, rows, n), n, width, threads: 0);

    private static int[] Columns(IEnumerable<int> blocks, int width) => [.. blocks.SelectMany(b => Enumerable.Range(b * width, width))];
}
