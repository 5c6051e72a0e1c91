using ForgePrune.Calibration;
using ForgePrune.Errors;
using ForgePrune.Kernels;
using ForgePrune.Levels;

namespace ForgePrune.Tests.Levels;

public sealed class DampingLadderTests
{
    private const int Seed = 43;

    [Test]
    public void The_lowest_rung_is_found_from_any_start([Range(0, 6)] int lowest, [Values(0.0, 0.001, 0.01, 0.05, 1)] double start)
    {
        var calls = 0;
        var ladder = DampingLadder.Climb(start, fraction =>
        {
            calls++;
            return Math.Abs(Math.Log(fraction / DampingLadder.Fractions[lowest]));
        });
        Assert.That(ladder.Fraction, Is.EqualTo(DampingLadder.Fractions[lowest]));
        Assert.That(calls, Is.EqualTo(ladder.Tried.Count), "no rung is tried twice");
        Assert.That(ladder.Tried.Select(tried => tried.Fraction), Is.Ordered.And.Contains(ladder.Fraction));
        Assert.That(ladder.Refused, Is.Empty);
    }

    [Test]
    public void Equal_losses_leave_the_first_rung() => Assert.That(DampingLadder.Climb(0.01, _ => 1).Fraction, Is.EqualTo(0.01));

    [Test]
    public void Rungs_that_cannot_be_factored_are_refused_and_passed()
    {
        var ladder = DampingLadder.Climb(0.01, fraction => fraction < 0.1 ? throw new NotPositiveDefiniteException("made", 0) : fraction);
        Assert.That((ladder.Fraction, ladder.Refused), Is.EqualTo((0.1, new[] { 0.01, 0.03 })));
        Assert.That(DampingLadder.Climb(0.01, _ => throw new NotPositiveDefiniteException("made", 0)).Fraction, Is.EqualTo(Damping.Limit));
    }

    [Test]
    public void Refused_rungs_are_recorded_with_the_levels()
    {
        // Indefinite on purpose: off-diagonal 1.05 beside a diagonal of 1 needs λ above 0.05. Four columns, so that the ladder factors three.
        double[] values = [1, 1.05, 1.05, 1.05, 1.05, 1, 1.05, 1.05, 1.05, 1.05, 1, 1.05, 1.05, 1.05, 1.05, 1];
        var gram = new GramStatistics(4, 4, values, new double[4]);
        var (other, w) = (SyntheticInputs.Gram(9, 4, Seed), SyntheticInputs.Weights(2, 4, Seed));
        var levels = LevelBuilder.Channels(gram, other, w, new LevelOptions(), "made", new CpuDevice(2));
        Assert.That(levels.Damping.Fraction, Is.GreaterThanOrEqualTo(0.1));
        Assert.That(levels.Damping.Refused, Is.EqualTo(new[] { 0.01, 0.03 }));
        Assert.That(levels.Damping.Raised("made")!.Asked, Is.EqualTo(0.01));
    }

    [Test]
    public void A_hopeless_gram_and_a_damping_out_of_range_are_errors()
    {
        var hopeless = new GramStatistics(2, 2, [1, 3, 3, 1], [0, 0]);
        var (other, w) = (SyntheticInputs.Gram(9, 2, Seed), SyntheticInputs.Weights(2, 2, Seed));
        Assert.That(() => LevelBuilder.Channels(hopeless, other, w, new LevelOptions(), "layer 3 down_proj", new CpuDevice(2)),
            Throws.TypeOf<BadInputException>().With.Message.Contains("layer 3 down_proj"));
        Assert.That(() => LevelBuilder.Channels(other, other, w, new LevelOptions(2), "made", new CpuDevice(2)),
            Throws.TypeOf<BadInputException>().With.Message.Contains("0 to 1"));
    }

    [TestCase(9, 16, 1e-5)]
    // Random sums stand for the rows: √(2/256) = 9% at most for one standard deviation, far less for rows that differ.
    [TestCase(600, 16, 0.1)]
    public void A_rung_has_the_mean_loss_of_five_widths(int rows, int cols, double tolerance)
    {
        var (fitting, other, w) = (SyntheticInputs.Gram(40, cols, Seed), SyntheticInputs.Gram(30, cols, Seed + 1), SyntheticInputs.Weights(rows, cols, Seed));
        double[] wide = Array.ConvertAll(w.Values, value => (double)value);
        var hessian = Hessian.From(fitting, 0, affine: false, threads: 1);
        var order = SimpleOrder.SurvivorsFirst(hessian, wide, rows, width: 1);
        Assert.That(order.Order(), Is.EqualTo(Enumerable.Range(0, cols)));
        var problem = new LadderProblem(hessian, wide, rows, order, Validation.From(other, fitting, affine: false, threads: 2), threads: 2);
        foreach (var fraction in (double[])[0.3, 0.01])
        {
            var (fit, unseen) = (new PlainLeastSquares(fitting, w, fraction * PlainLeastSquares.MeanDiagonal(fitting)), new PlainLeastSquares(other, w, 0));
            var everything = unseen.Loss([], new double[rows, 0]);
            var expected = Math.Exp(new[] { 4, 6, 8, 10, 12 }.Average(width => Math.Log(Loss(order[..width]) / everything)));
            Assert.That(problem.Loss(fraction), Is.EqualTo(expected).Within(tolerance * expected), $"{fraction}");

            double Loss(int[] kept) => unseen.Loss(kept, fit.Refit(kept));
        }
    }

    [Test]
    public void The_simple_order_removes_small_blocks_first()
    {
        var gram = new GramStatistics(4, 1, [1, 0, 0, 0, 0, 9, 0, 0, 0, 0, 4, 0, 0, 0, 0, 4], new double[4]);
        var hessian = Hessian.From(gram, 0, affine: false, threads: 1);
        Assert.That(SimpleOrder.SurvivorsFirst(hessian, [1, 1, 1, 1], rows: 1, width: 1), Is.EqualTo(new[] { 1, 3, 2, 0 }));
        Assert.That(SimpleOrder.SurvivorsFirst(hessian, [1, 1, 1, 1], rows: 1, width: 2), Is.EqualTo(new[] { 0, 1, 2, 3 }));
    }
}
