using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Tests.Levels;

public sealed class AttentionLevelsTests
{
    private const int Seed = 12;

    /// <summary>Float64 against float64; see the channel levels.</summary>
    private const double Tolerance = 1e-9;

    [TestCase(1, 1, 4)]
    [TestCase(4, 4, 3)]
    [TestCase(3, 6, 2)]
    [TestCase(2, 6, 3)]
    [TestCase(1, 4, 2)]
    public void Every_pair_has_a_legal_set_and_the_loss_of_its_refit(int kvHeads, int queryHeads, int headDim)
    {
        var cols = queryHeads * headDim;
        var (gram, w) = (SyntheticInputs.Gram(300, cols, Seed), SyntheticInputs.Weights(6, cols, Seed));
        var levels = LevelBuilder.Attention(gram, w, kvHeads, queryHeads, new LevelOptions(), "made", device: new CpuDevice(2));
        var plain = new PlainLeastSquares(gram, w, levels.Damping.Lambda);
        Assert.That(levels.Sets.Levels, Is.EquivalentTo(HeadSets.Pairs(kvHeads, queryHeads)));
        foreach (var level in levels.Sets.Levels)
        {
            var kept = levels.Sets.Heads(level).SelectMany(head => Enumerable.Range(head * headDim, headDim)).ToArray();
            Assert.That(levels.Losses[level], Is.EqualTo(plain.Loss(kept)).Within(Tolerance * levels.Losses[default]), $"{level}");
        }

        Assert.That(levels.Losses[new AttentionLevel(kvHeads, queryHeads)], Is.Zero);
        Assert.That(levels.Losses[default], Is.EqualTo(plain.Loss([])).Within(Tolerance * levels.Losses[default]));
    }

    [Test]
    public void Multi_head_attention_is_swept_greedily()
    {
        var (gram, w) = (SyntheticInputs.Gram(200, 10, Seed), SyntheticInputs.Weights(4, 10, Seed));
        var levels = LevelBuilder.Attention(gram, w, 5, 5, new LevelOptions(), "made", device: new CpuDevice(2));
        var plain = new PlainLeastSquares(gram, w, levels.Damping.Lambda);
        for (var heads = 5; heads > 1; heads--)
        {
            var kept = levels.Sets.Heads(new(heads, heads));
            var cheapest = kept.MinBy(head => plain.Loss(Columns(kept.Where(other => other != head), 2)));
            Assert.That(levels.Sets.Heads(new(heads - 1, heads - 1)), Is.EqualTo(kept.Where(head => head != cheapest)));
        }
    }

    [Test]
    public void No_pair_is_worse_than_removing_groups_first_or_heads_first()
    {
        // Two greedy orders by brute force; the construction keeps the better set of each pair.
        var (gram, w) = (SyntheticInputs.Gram(200, 12, Seed), SyntheticInputs.Weights(4, 12, Seed));
        var levels = LevelBuilder.Attention(gram, w, 3, 6, new LevelOptions(), "made", device: new CpuDevice(2));
        var plain = new PlainLeastSquares(gram, w, levels.Damping.Lambda);
        var all = Enumerable.Range(0, 6).ToArray();
        var groupsFirst = RemoveHeads(RemoveGroup(all));
        var headsFirst = RemoveGroup(RemoveHeads(all));
        var best = Math.Min(Loss(groupsFirst), Loss(headsFirst));
        Assert.That(levels.Losses[new(2, 2)], Is.EqualTo(best).Within(Tolerance * levels.Losses[default]));

        double Loss(IEnumerable<int> heads) => plain.Loss(Columns(heads, 2));

        int[] RemoveGroup(int[] heads) => heads.Select(head => head / 2).Distinct()
            .Select(group => heads.Where(head => head / 2 != group).ToArray()).MinBy(Loss)!;

        int[] RemoveHeads(int[] heads)
        {
            var open = heads.Select(head => head / 2).Distinct().ToHashSet();
            while (open.Count > 0)
            {
                var gone = heads.Where(head => open.Contains(head / 2)).MinBy(head => Loss(heads.Where(other => other != head)));
                heads = heads.Where(head => head != gone).ToArray();
                open.Remove(gone / 2);
            }

            return heads;
        }
    }

    [Test]
    public void Scores_keep_the_best_groups_and_their_best_heads()
    {
        var sets = ScoreLevels.Heads([5, 1, 4], [1, 2, 9, 9, 4, 3]);
        Assert.That(sets.Heads(new(2, 2)), Is.EqualTo(new[] { 1, 4 }));
        Assert.That(sets.Heads(new(1, 2)), Is.EqualTo(new[] { 0, 1 }));
    }

    [Test]
    public void Uneven_groups_are_refused() => Assert.That(
        () => new HeadSets(2, 4, new Dictionary<AttentionLevel, int[]> { [new(2, 2)] = [0, 1] }), Throws.ArgumentException);

    private static int[] Columns(IEnumerable<int> heads, int headDim) => heads.SelectMany(head => Enumerable.Range(head * headDim, headDim)).ToArray();
}
