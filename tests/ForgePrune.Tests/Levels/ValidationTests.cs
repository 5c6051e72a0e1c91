using ForgePrune.Calibration;
using ForgePrune.Kernels;
using ForgePrune.Levels;
using ForgePrune.Model;

namespace ForgePrune.Tests.Levels;

/// <summary>Levels that are judged on text which they were not fitted to.</summary>
public sealed class ValidationTests
{
    private const int Seed = 41;

    /// <summary>Of the largest loss. The root of the validation Gram leaves out what is less than 1e-6 of a column.</summary>
    private const double Tolerance = 1e-5;

    private static readonly CpuDevice Device = new(2);

    [Test]
    public void Every_width_has_the_loss_of_its_weights_on_the_other_text([Values(1, 9, 24)] int cols, [Values(6, 200)] int tokens, [Values] bool affine)
    {
        var (fitting, other, w) = (SyntheticInputs.Gram(60, cols, Seed), SyntheticInputs.Gram(tokens, cols, Seed + 1), SyntheticInputs.Weights(7, cols, Seed));
        var levels = LevelBuilder.Channels(fitting, other, w, new LevelOptions(Affine: affine), "made", Device);
        var plain = new Plain(fitting, other, w, levels.Damping.Lambda, affine);
        Assert.That(levels.Validation, Has.Count.EqualTo(cols + 1));
        for (var width = 0; width <= cols; width++)
        {
            var kept = levels.Order.Kept(width);
            Assert.That(levels.Validation![width], Is.EqualTo(plain.Unseen(kept)).Within(Tolerance * levels.Validation.Max()), $"width {width}");
            Assert.That(levels.Losses[width], Is.EqualTo(plain.Damped(kept)).Within(1e-9 * levels.Losses[0]), $"width {width}");
        }

        Assert.That(levels.Validation![cols], Is.Zero);
        if (cols == 1)
        {
            Assert.That(levels.Gap, Is.Null);
            return;
        }

        var half = levels.Order.Kept(cols / 2);
        Assert.That(levels.Gap, Is.EqualTo(new FitGap(cols / 2, 60, tokens, levels.Gap!.FittingLoss, levels.Validation[cols / 2])));
        Assert.That(levels.Gap.FittingLoss, Is.EqualTo(plain.Fitted(half)).Within(1e-9 * levels.Losses[0]));
    }

    [TestCase(1, 1, 4)]
    [TestCase(4, 4, 3)]
    [TestCase(3, 6, 2)]
    [TestCase(2, 6, 3)]
    public void Every_pair_has_the_better_set_on_the_other_text(int kvHeads, int queryHeads, int headDim)
    {
        var cols = queryHeads * headDim;
        var (fitting, other, w) = (SyntheticInputs.Gram(50, cols, Seed), SyntheticInputs.Gram(20, cols, Seed + 1), SyntheticInputs.Weights(6, cols, Seed));
        var levels = LevelBuilder.Attention(fitting, other, w, kvHeads, queryHeads, new LevelOptions(), "made", Device);
        var plain = new Plain(fitting, other, w, levels.Damping.Lambda, affine: false);
        Assert.That(levels.Validation!.Keys, Is.EquivalentTo(HeadSets.Pairs(kvHeads, queryHeads).Append(default)));
        Assert.That(levels.Validation[default], Is.EqualTo(plain.Unseen([])).Within(Tolerance * plain.Unseen([])));
        foreach (var level in levels.Sets.Levels)
        {
            var kept = Columns(levels.Sets, level);
            Assert.That(levels.Validation[level], Is.EqualTo(plain.Unseen(kept)).Within(Tolerance * levels.Validation.Values.Max()), $"{level}");
            Assert.That(levels.Losses[level], Is.EqualTo(plain.Damped(kept)).Within(1e-9 * levels.Losses[default]), $"{level}");
        }

        // The sets that count without the other text, at the same damping: one of the two orders made them.
        var blind = LevelBuilder.Attention(fitting, w, kvHeads, queryHeads, new LevelOptions(levels.Damping.Fraction), "made", Device);
        foreach (var level in blind.Sets.Levels)
            Assert.That(levels.Validation[level], Is.LessThanOrEqualTo(plain.Unseen(Columns(blind.Sets, level)) + Tolerance * levels.Validation.Values.Max()));
        if (queryHeads == 1)
        {
            Assert.That(levels.Gap, Is.Null);
            return;
        }

        var perGroup = queryHeads / kvHeads;
        var half = perGroup > 1 ? new AttentionLevel(kvHeads, kvHeads * (perGroup / 2)) : new(kvHeads / 2, kvHeads / 2);
        Assert.That(levels.Gap!.Columns, Is.EqualTo(half.QueryHeads * headDim));
        Assert.That(levels.Gap.FittingLoss, Is.EqualTo(plain.Fitted(Columns(levels.Sets, half))).Within(1e-9 * levels.Losses[default]));

        int[] Columns(HeadSets sets, AttentionLevel level) => [.. sets.Heads(level).SelectMany(head => Enumerable.Range(head * headDim, headDim))];
    }

    [Test]
    public void Channels_that_only_the_other_text_uses_count_there()
    {
        var (x, other, w) = (SyntheticInputs.Activations(100, 8, Seed), SyntheticInputs.Gram(30, 8, Seed + 1), SyntheticInputs.Weights(4, 8, Seed));
        for (var t = 0; t < 100; t++)
            x.Values[t * 8 + 5] = x.Values[t * 8 + 2] = 0;
        var levels = LevelBuilder.Channels(SyntheticInputs.Gram(x), other, w, new LevelOptions(), "made", Device);
        Assert.That(levels.Order.Removal.Take(2), Is.EqualTo(new[] { 2, 5 }));
        var dead = new PlainLeastSquares(other, w, 0);
        var expected = dead.Loss([0, 1, 3, 4, 6, 7], Kept(w, [0, 1, 3, 4, 6, 7]));
        Assert.That(levels.Validation![6], Is.EqualTo(expected).Within(Tolerance * levels.Validation.Max()));
    }

    [Test]
    public void Without_other_text_the_damping_is_given_and_nothing_is_judged()
    {
        var levels = LevelBuilder.Channels(SyntheticInputs.Gram(50, 6, Seed), SyntheticInputs.Weights(3, 6, Seed), new LevelOptions(), "made", Device);
        Assert.That((levels.Validation, levels.Gap, levels.Damping.Tried.Count, levels.Damping.Fraction), Is.EqualTo(
            ((IReadOnlyList<double>?)null, (FitGap?)null, 0, 0.01)));
        Assert.That(levels.Shape(), Is.SameAs(levels.Losses));
    }

    [Test]
    public void Little_text_is_damped_more_than_much()
    {
        var (other, w) = (SyntheticInputs.Gram(3000, 48, Seed + 1), SyntheticInputs.Weights(8, 48, Seed));
        ChannelLevels Levels(int tokens) => LevelBuilder.Channels(SyntheticInputs.Gram(tokens, 48, Seed), other, w, new LevelOptions(), "made", Device);
        var (little, much) = (Levels(40), Levels(6000));
        Assert.That(little.Damping.Fraction, Is.GreaterThan(much.Damping.Fraction));
        var tried = little.Damping.Tried;
        Assert.That(tried.Single(rung => rung.Fraction == little.Damping.Fraction).Loss, Is.EqualTo(tried.Min(rung => rung.Loss)));
        Assert.That(little.Gap!.Ratio, Is.GreaterThan(FitGap.Short));
        Assert.That(much.Gap!.Ratio, Is.EqualTo(1).Within(0.1));
    }

    [Test]
    public void A_shape_never_rises_with_width()
    {
        var levels = new ChannelLevels(new([0, 1, 2, 3]), [9, 8, 7, 6, 0], Damping.None) { Validation = [5, 6, 2, 3, 0] };
        Assert.That(levels.Shape(), Is.EqualTo(new[] { 6.0, 6, 3, 3, 0 }));
        Assert.That(levels.Validation, Is.EqualTo(new[] { 5.0, 6, 2, 3, 0 }));
    }

    private static double[,] Kept(Matrix w, int[] columns)
    {
        var kept = new double[w.Rows, columns.Length];
        for (var row = 0; row < w.Rows; row++)
            for (var i = 0; i < columns.Length; i++)
                kept[row, i] = w.Row(row)[columns[i]];
        return kept;
    }

    /// <summary>All losses from their definitions.</summary>
    private sealed class Plain
    {
        private readonly PlainLeastSquares damped, fitted, unseen;

        public Plain(GramStatistics fitting, GramStatistics other, Matrix w, double lambda, bool affine)
        {
            double[] means = [.. Enumerable.Range(0, fitting.Cols).Select(col => affine ? fitting.Mean(col) : 0)];
            (damped, fitted, unseen) = (new(Around(fitting), w, lambda), new(Around(fitting), w, 0), new(Around(other), w, 0));

            GramStatistics Around(GramStatistics gram) => new(gram.Cols, gram.Tokens, [.. gram.Values.Select((value, at) =>
            {
                var (i, j) = (at / gram.Cols, at % gram.Cols);
                return value - gram.Sums[i] * means[j] - means[i] * gram.Sums[j] + gram.Tokens * means[i] * means[j];
            })], new double[gram.Cols]);
        }

        public double Damped(int[] kept) => damped.Loss(kept);

        public double Fitted(int[] kept) => fitted.Loss(kept, damped.Refit(kept));

        public double Unseen(int[] kept) => unseen.Loss(kept, damped.Refit(kept));
    }
}
