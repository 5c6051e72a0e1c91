using ForgePrune.Forward;
using ForgePrune.Model;
using ForgePrune.Testing;
using ForgePrune.Testing.Reference;

namespace ForgePrune.Tests.Model;

/// <summary>Frequencies and cosines of every scaling, against their formulas in float64 and against numbers worked out by hand.</summary>
public sealed class RopeScalingTests
{
    // Both sides are float64; they differ by the order of a few operations.
    private const double Tolerance = 1e-14;

    private static IEnumerable<TestCaseData> Scalings()
    {
        foreach (var pairs in (int[])[1, 2, 8, 64])
        {
            yield return Case("linear", pairs, new LinearScaling(4), plain => [.. plain.Select(value => value / 4)], 1);
            yield return Case("dynamic", pairs, new DynamicScaling(4), plain => plain, 1);
            yield return Case("llama3", pairs, new Llama3Scaling(8, 1, 4, 64),
                plain => [.. plain.Select(value => ReferenceBlocks.Llama3(value, 8, 1, 4, 64))], 1);
            yield return Case("yarn", pairs, new YarnScaling(4, 4096), plain => ReferenceBlocks.Yarn(plain, 10000, 4, 4096, 32, 1), 1 + 0.1 * Math.Log(4));
            yield return Case("yarn, other ends, not whole", pairs,
                new YarnScaling(40, 64) { BetaFast = 8, BetaSlow = 2, Truncate = false, AttentionFactor = 1.5 },
                plain => ReferenceBlocks.Yarn(plain, 10000, 40, 64, 8, 2, whole: false), 1.5);
            yield return Case("yarn, DeepSeek's weights", pairs, new YarnScaling(40, 4096) { Mscale = 1, MscaleAllDim = 0.5 },
                plain => ReferenceBlocks.Yarn(plain, 10000, 40, 4096, 32, 1), (1 + 0.1 * Math.Log(40)) / (1 + 0.05 * Math.Log(40)));
            double[] divisors = [.. Enumerable.Range(0, pairs).Select(pair => 1 + 0.5 * pair)];
            yield return Case("longrope", pairs, new LongRopeScaling(divisors, [.. divisors.Select(value => 9 * value)], 4096, 131072),
                plain => [.. plain.Select((value, i) => value / divisors[i])], Math.Sqrt(1 + 5.0 / 12));
            yield return Case("longrope that is not long", pairs, new LongRopeScaling(divisors, divisors, 4096, 4096),
                plain => [.. plain.Select((value, i) => value / divisors[i])], 1);
        }

        static TestCaseData Case(string name, int pairs, RopeScaling scaling, Func<double[], double[]> expected, double turn) =>
            new TestCaseData(pairs, scaling, expected, turn).SetArgDisplayNames($"{name}, {pairs} pairs");
    }

    [TestCaseSource(nameof(Scalings))]
    public void Frequencies_and_cosines_are_those_of_the_formulas(int pairs, RopeScaling scaling, Func<double[], double[]> expected, double turn)
    {
        var config = SyntheticModels.Config(headDim: 2 * pairs) with { RopeScaling = scaling };
        var frequencies = expected(ReferenceBlocks.Frequencies(10000, 2 * pairs));
        Assert.That(RotaryTable.Frequencies(config), Is.EqualTo(frequencies).Within(Tolerance));
        Assert.That(scaling.Attention, Is.EqualTo(turn).Within(Tolerance));
        Assert.That(RotaryTable.Build(config, 0).Cos, Is.Empty);
        var table = RotaryTable.Build(config, 3);
        for (var position = 0; position < 3; position++)
            for (var pair = 0; pair < pairs; pair++)
            {
                // Rounded once to float32.
                Assert.That(table.Cos[(position * pairs) + pair], Is.EqualTo((float)(turn * Math.Cos(position * frequencies[pair]))).Within(1e-7));
                Assert.That(table.Sin[(position * pairs) + pair], Is.EqualTo((float)(turn * Math.Sin(position * frequencies[pair]))).Within(1e-7));
            }
    }

    [Test]
    public void Yarn_keeps_fast_pairs_and_divides_slow_ones()
    {
        // theta e^8 and 8 pairs: pair i turns once in 2π·e^i positions. Within 2π·e^6 positions, pair 2 turns e^4 times and pair 6 once, so the ramp
        // from beta_fast e^4 to beta_slow 1 runs from pair 2 to pair 6.
        double[] plain = [.. Enumerable.Range(0, 8).Select(i => Math.Exp(-i))];
        var scaling = new YarnScaling(2, (int)Math.Round(2 * Math.PI * Math.Exp(6))) { BetaFast = Math.Exp(4), BetaSlow = 1, Truncate = false };
        double[] kept = [1, 1, 1, 7.0 / 8, 6.0 / 8, 5.0 / 8, 4.0 / 8, 4.0 / 8];
        // The positions are rounded to a whole number: a ten-thousandth of a pair.
        Assert.That(scaling.Apply(plain, Math.Exp(8)).Zip(plain, (after, before) => after / before), Is.EqualTo(kept).Within(1e-4));
    }

    [Test]
    public void A_part_of_a_head_has_the_frequencies_of_its_own_width()
    {
        var config = SyntheticModels.Config(headDim: 8) with { RotaryDim = 6 };
        Assert.That(RotaryTable.Frequencies(config), Is.EqualTo(new[] { 1, Math.Pow(10000, -1.0 / 3), Math.Pow(10000, -2.0 / 3) }).Within(Tolerance));
    }

    [Test]
    public void Scalings_are_equal_where_their_numbers_are()
    {
        LongRopeScaling one = new([1, 2], [3, 4], 16, 64), other = new([1, 2], [3, 4], 16, 64);
        Assert.That(one, Is.EqualTo(other));
        Assert.That(one.GetHashCode(), Is.EqualTo(other.GetHashCode()));
        Assert.That(one with { ShortFactors = [1, 3] }, Is.Not.EqualTo(other));
    }
}
