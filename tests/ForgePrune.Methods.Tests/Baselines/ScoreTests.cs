using ForgePrune.Errors;
using ForgePrune.Forward;
using ForgePrune.Levels;
using ForgePrune.Methods.Baselines;
using ForgePrune.Model;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Methods.Tests.Baselines;

public sealed class ScoreTests
{
    // Float64 sums of some hundred float32 terms.
    private const double Rounding = 1e-12;

    [Test]
    public void Wanda_and_wifv_follow_their_formulas()
    {
        var weights = new Matrix(2, 3, [1, -2, 0, 3, 4, 0]);
        Assert.That(ColumnScores.WandaSp(weights, [4, 9, 1], threads: 1), Is.EqualTo(new[] { 2.0 * 2, 3.0 * 3, 0 }));
        Assert.That(ColumnScores.Wifv(weights, [4, 0.5, 1], threads: 1), Is.EqualTo(new[] { 40.0, 10, 0 }));
        Assert.That(() => ColumnScores.Wifv(weights, [1, 2], threads: 1), Throws.ArgumentException);
        Assert.That(ColumnScores.SumGroups([1, 2, 3, 4], 2), Is.EqualTo(new[] { 3.0, 7 }));
        Assert.That(() => ColumnScores.SumGroups([1, 2, 3], 2), Throws.ArgumentException);
    }

    [Test]
    public void Magnitude_of_a_group_is_the_norm_of_everything_that_goes_with_it()
    {
        const int hidden = 3, headDim = 2, kvHeads = 2, queryHeads = 4, ffn = 5;
        var random = new Random(5);
        Matrix Draw(int rows, int cols) => new(rows, cols, [.. Enumerable.Range(0, rows * cols).Select(_ => random.NextSingle() - 0.5f)]);
        var attention = new AttentionWeights
        {
            KvHeads = kvHeads,
            QueryHeads = queryHeads,
            Query = Draw(queryHeads * headDim, hidden),
            Key = Draw(kvHeads * headDim, hidden),
            Value = Draw(kvHeads * headDim, hidden),
            Output = Draw(hidden, queryHeads * headDim),
        };
        var mlp = new MlpWeights { Gate = Draw(ffn, hidden), Up = Draw(ffn, hidden), Down = Draw(hidden, ffn) };
        static double Rows(Matrix m, int from, int to) => Enumerable.Range(from, to - from).Sum(r => m.Row(r).ToArray().Sum(w => (double)w * w));
        static double Cols(Matrix m, int from, int to) => Enumerable.Range(0, m.Rows).Sum(r => m.Row(r)[from..to].ToArray().Sum(w => (double)w * w));
        for (var group = 0; group < kvHeads; group++)
        {
            var expected = Rows(attention.Query, 4 * group, 4 * group + 4) + Rows(attention.Key, 2 * group, 2 * group + 2)
                + Rows(attention.Value, 2 * group, 2 * group + 2) + Cols(attention.Output, 4 * group, 4 * group + 4);
            Assert.That(GroupScores.MagnitudeAttention(attention, threads: 1)[group], Is.EqualTo(Math.Sqrt(expected)).Within(Rounding));
        }
        for (var channel = 0; channel < ffn; channel++)
        {
            var expected = Rows(mlp.Gate, channel, channel + 1) + Rows(mlp.Up, channel, channel + 1) + Cols(mlp.Down, channel, channel + 1);
            Assert.That(GroupScores.MagnitudeMlp(mlp, threads: 1)[channel], Is.EqualTo(Math.Sqrt(expected)).Within(Rounding));
        }

        double[] statistics = [1, 2, 3, 4, 5, 6, 7, 8];
        var columns = ColumnScores.Wifv(attention.Output, statistics, threads: 1);
        Assert.That(GroupScores.WifvAttention(attention, statistics, threads: 1), Is.EqualTo(new[]
            { columns.Take(4).Sum(c => c * c), columns.Skip(4).Sum(c => c * c) }).Within(Rounding));
        var wanda = ColumnScores.WandaSp(attention.Output, statistics, threads: 1);
        Assert.That(GroupScores.WandaSpAttention(attention, statistics, threads: 1),
            Is.EqualTo(new[] { wanda.Take(4).Sum(), wanda.Skip(4).Sum() }).Within(Rounding));
    }

    [Test]
    public void Lowest_scores_go_first_and_ties_by_index() =>
        Assert.That(ScoreLevels.Channels([2, 1, 2, 0, 1]).Removal, Is.EqualTo(new[] { 3, 1, 4, 0, 2 }));

    [Test]
    public void Block_influence_is_one_minus_the_mean_cosine()
    {
        var influence = new BlockInfluence();
        Assert.That(() => influence.Score, Throws.InvalidOperationException);
        influence.Add(new Activations(1, 2, 2, [1, 0, 0, 2]), new Activations(1, 2, 2, [3, 0, 5, 0]));
        influence.Add(new Activations(1, 2, 2, [1, 0, 1, 0]), new Activations(1, 2, 2, [-1, 0, 2, 0]));
        Assert.That(influence.Score, Is.EqualTo(1 - (1 + 0 - 1 + 1) / 4.0).Within(1e-6), "float32 cosines");
        Assert.That(() => influence.Add(new Activations(1, 1, 2), new Activations(1, 1, 3)), Throws.ArgumentException);
    }

    [Test]
    public void Standardised_scores_have_mean_zero_and_deviation_one()
    {
        Assert.That(GlobalPruning.Standardised([1, 2, 3]), Is.EqualTo(new[] { -1.0, 0, 1 }));
        Assert.That(GlobalPruning.Standardised([5, 5]), Is.EqualTo(new[] { 0.0, 0 }));
        Assert.That(GlobalPruning.Standardised([5]), Is.EqualTo(new[] { 0.0 }));
        Assert.That(GlobalPruning.Standardised([]), Is.Empty);
    }

    [Test]
    public void Global_pruning_takes_the_lowest_of_all_layers_until_it_fits()
    {
        var config = TinyProblem.Model(2, new LayerShape(2, 4, 3), hidden: 1, headDim: 1);
        var cost = new PrunableCost(config);
        // One KV group weighs 6, one channel 3; dense 2 · (12 + 9) = 42.
        double[][] attention = [[-3, 1], [2, 3]];
        double[][] mlp = [[-2, 4, 5], [-1, 0, 6]];
        Assert.That(GlobalPruning.Plan(config, attention, mlp, cost, 42), Is.EqualTo(new Plan(config.Layers)));
        Assert.That(GlobalPruning.Plan(config, attention, mlp, cost, 36), Is.EqualTo(new Plan([new(1, 2, 3), new(2, 4, 3)])));
        Assert.That(GlobalPruning.Plan(config, attention, mlp, cost, 30), Is.EqualTo(new Plan([new(1, 2, 2), new(2, 4, 2)])));
        Assert.That(GlobalPruning.Plan(config, attention, mlp, cost, 0), Is.EqualTo(new Plan([default, default])));
        Assert.That(() => GlobalPruning.Plan(config, attention, mlp, cost, -1), Throws.InstanceOf<TargetNotMetException>());
    }

    [Test]
    public void Depth_pruning_takes_whole_layers_and_ties_by_index()
    {
        var config = TinyProblem.Model(4, new LayerShape(2, 2, 8));
        var cost = new PrunableCost(config);
        var whole = cost.Of(new Plan(config.Layers));
        var plan = DepthPruning.Plan(config, [0.5, 0.1, 0.3, 0.1], cost, whole / 2);
        Assert.That(plan.Layers.Select(l => l.HasMlp || l.HasAttention), Is.EqualTo(new[] { true, false, true, false }));
        Assert.That(() => DepthPruning.Plan(config, [1, 2, 3, 4], cost, -1), Throws.InstanceOf<TargetNotMetException>());
    }

    [Test]
    public void Methods_are_found_by_name_and_others_refused()
    {
        Assert.That(MethodCatalog.All.Select(m => MethodCatalog.Find(m.Name)), Is.EqualTo(MethodCatalog.All));
        Assert.That(MethodCatalog.Default.Name, Is.EqualTo("forgeprune"));
        Assert.That(() => MethodCatalog.Find("best"), Throws.InstanceOf<BadInputException>().With.Message.Contains("uniform-obs"));
    }
}
