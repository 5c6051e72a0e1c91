using ForgePrune.Errors;
using ForgePrune.Latency;
using ForgePrune.Timing;
using ForgePrune.Model;
using ForgePrune.Search.Costs;
using ForgePrune.Testing;

namespace ForgePrune.Tests.Search;

public sealed class CostTests
{
    private static readonly PhaseTable Prefill = new(10, new Dictionary<AttentionLevel, double> { [new(2, 4)] = 4, [new(1, 2)] = 3 },
        new Dictionary<int, double> { [8] = 2, [16] = 3, [32] = 5 });

    private static readonly PhaseTable Decode = new(1, new Dictionary<AttentionLevel, double> { [new(2, 4)] = 0.4, [new(1, 2)] = 0.3 },
        new Dictionary<int, double> { [8] = 0.2, [32] = 0.5 });

    [Test]
    public void A_factor_is_the_inverse_share_for_every_metric([Values] Metric metric)
    {
        Assert.That(Target.Parse("1.5x", metric), Is.EqualTo(new Target(metric, 1 / 1.5)));
        Assert.That(Target.Parse(" 2X ", metric).Budget(10), Is.EqualTo(5));
        Assert.That(Target.Parse("0.5", metric).Share, Is.EqualTo(0.5));
        Assert.That(Target.Parse("1x", metric).Share, Is.EqualTo(Target.Parse("1", metric).Share));
    }

    [TestCase(""), TestCase("x"), TestCase("fast"), TestCase("0"), TestCase("-0.5"), TestCase("1.5"), TestCase("0.5x"), TestCase("NaN")]
    [TestCase("1e-3"), TestCase("50%"), TestCase("0x"), TestCase("-2x"), TestCase("Infinityx"), TestCase("1,5x"), TestCase("1.5xx")]
    public void A_bad_target_is_refused_in_one_sentence(string text)
    {
        var fault = Assert.Throws<BadInputException>(() => Target.Parse(text, Metric.Prefill))!;
        Assert.That(fault.Message, Does.Contain($"'{text}'").And.Not.EndsWith("."));
    }

    [Test]
    public void Metrics_are_found_by_name_and_others_refused()
    {
        Assert.That(Metrics.Names.Select(Metrics.Parse), Is.EqualTo(Enum.GetValues<Metric>()));
        Assert.That(() => Metrics.Parse("speed"), Throws.InstanceOf<BadInputException>().With.Message.Contains("prefill, decode, mix"));
    }

    [Test]
    public void Latency_is_fixed_part_plus_blocks_and_straight_between_widths()
    {
        var cost = LatencyCost.Of(Prefill);
        Assert.That(cost.Mlp(24), Is.EqualTo(4));
        Assert.That(cost.Mlp(0), Is.Zero);
        Assert.That(cost.Mlp(1), Is.EqualTo(2), "a narrower block pays as much as the narrowest measured one");
        Assert.That(() => cost.Mlp(33), Throws.ArgumentException);
        Assert.That(() => cost.Attention(new(1, 1)), Throws.ArgumentException);
        Assert.That(cost.Of(new Plan([new(2, 4, 32), new(0, 0, 16), new(1, 2, 0)])), Is.EqualTo(10 + 4 + 5 + 3 + 3));
    }

    [Test]
    public void Blocks_of_experts_cost_by_their_number_and_their_width()
    {
        // 1 + 2·experts + 3·width + experts·width: straight in each, not in both.
        static double Seconds(double experts, double width) => 1 + (2 * experts) + (3 * width) + (experts * width);
        var table = new PhaseTable(10, new Dictionary<AttentionLevel, double>(), new Dictionary<int, double>())
        {
            Experts = new[] { 2, 4, 8 }.SelectMany(experts => new[] { 4, 12 }.Select(width => new ExpertLevel(experts, width)))
                .ToDictionary(level => level, level => Seconds(level.Experts, level.Width)),
        };
        var cost = LatencyCost.Of(table);
        foreach (var (experts, width) in new[] { (8, 12), (5, 12), (8, 7), (3, 5), (2, 4) })
            Assert.That(cost.Mlp(experts * width, width), Is.EqualTo(Seconds(experts, width)).Within(1e-12 * Seconds(8, 12)), $"{experts} of {width}");
        Assert.That(cost.Mlp(5 * 12), Is.EqualTo(cost.Mlp(5 * 12, 12)), "whole experts where no width is named");
        Assert.That(cost.Mlp(2 * 3, 3), Is.EqualTo(Seconds(2, 4)), "narrower ones pay as much as the narrowest measured");
        Assert.That(cost.Mlp(0, 4), Is.Zero);
        Assert.That(() => cost.Mlp(9 * 4, 4), Throws.ArgumentException);
        Assert.That(() => cost.Mlp(2 * 13, 13), Throws.ArgumentException);
        Assert.That(cost.Of(new Plan([new(0, 0, 2 * 4) { ExpertWidth = 4 }, new(0, 0, 8 * 12)])), Is.EqualTo(10 + Seconds(2, 4) + Seconds(8, 12)));
        Assert.That(() => LatencyCost.Of(table with { Experts = table.Experts.Skip(1).ToDictionary() }), Throws.ArgumentException);
    }

    [Test]
    public void A_mix_is_one_prefill_and_so_many_steps()
    {
        var plan = new Plan([new(2, 4, 32), new(1, 2, 16)]);
        var expected = LatencyCost.Of(Prefill).Of(plan) + 20 * LatencyCost.Of(Decode).Of(plan);
        Assert.That(LatencyCost.Mix(new LatencyTable(new Dictionary<string, string>(), Prefill, Decode), 20).Of(plan), Is.EqualTo(expected).Within(1e-12));
    }

    [Test]
    public void All_parameters_count_biases_and_norms_of_what_is_kept()
    {
        var config = TinyProblem.Model(1, new LayerShape(2, 4, 6), hidden: 8, headDim: 3, vocab: 5) with
        {
            TiedEmbeddings = false,
            QkvBias = true,
            OutputBias = true,
            GateUpBias = true,
            DownBias = true,
            QkNorm = true,
        };
        var cost = new ParameterCost(config);
        Assert.That(cost.Fixed, Is.EqualTo(5 * 8 * 2 + 8));
        Assert.That(cost.Attention(new(2, 4)), Is.EqualTo(12 * 8 + 12 + 2 * (6 * 8 + 6) + 8 * 12 + 8 + 2 * 3 + 8));
        Assert.That(cost.Mlp(6), Is.EqualTo(3 * 8 * 6 + 2 * 6 + 8 + 8));
        Assert.That((cost.Attention(default), cost.Mlp(0)), Is.EqualTo((0.0, 0.0)));
    }

    [Test]
    public void A_correction_makes_the_measured_plan_predict_what_was_measured()
    {
        var cost = LatencyCost.Of(Prefill);
        var (dense, plan) = (new Plan([new(2, 4, 32)]), new Plan([new(1, 2, 8)]));
        var correction = TableCorrection.After(cost, dense, plan, measuredSpeedup: 1.1);
        Assert.That(correction.Speedup(cost, dense, plan), Is.EqualTo(1.1).Within(1e-12));
        Assert.That(correction.Ratio, Is.GreaterThan(1));
        var target = Target.Parse("1.2x", Metric.Prefill);
        Assert.That(cost.Of(dense) / (correction.Budget(target, cost.Of(dense)) * correction.Ratio), Is.EqualTo(1.2).Within(1e-12));
    }
}
