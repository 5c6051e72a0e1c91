using ForgePrune.Kernels;

namespace ForgePrune.Kernels.Tests.Training;

public sealed class UpdateTests
{
    [TestCase(0)]
    [TestCase(1)]
    [TestCase(13)]
    [TestCase(70001)]
    public void Steps_follow_the_reference_and_leave_no_gradient(int length)
    {
        var random = Made.Random(length);
        float[] weights = Made.Floats(random, length), means = new float[length], squares = new float[length];
        double[] wide = Gradients.Widen(weights), wideMeans = new double[length], wideSquares = new double[length];
        for (var number = 1; number <= 4; number++)
        {
            var step = new AdamW(1e-2, 0.9, 0.99, 1e-8, 0.1, number);
            // A gradient near zero tells its sign to Adam by its rounding alone: away from it both mean the same.
            float[] gradient = [.. Made.Floats(random, length).Select(value => MathF.CopySign(0.1f + MathF.Abs(value), value))];
            AdamWReference.Apply(step, wide, [.. gradient.Select(value => value * 0.5)], wideMeans, wideSquares);
            step.Apply(weights, gradient, means, squares, gradientScale: 0.5f, threads: 2);
            Assert.That(gradient, Has.All.Zero);
        }

        Gradients.RequireNear(weights, wide, 16, "weights");
        Gradients.RequireNear(means, wideMeans, 16, "means");
        Gradients.RequireNear(squares, wideSquares, 16, "squares");
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(200_003)]
    public void A_gradients_length_does_not_depend_on_threads(int length)
    {
        var gradient = Made.Floats(Made.Random(length), length);
        var norm = GradientNorm.Of(gradient, threads: 3);
        Assert.That(norm, Is.EqualTo(GradientNorm.Of(gradient, threads: 1)));
        Assert.That(norm, Is.EqualTo(Math.Sqrt(gradient.Sum(value => (double)value * value))).Within(1e-12 * (1 + norm)), "float64 sums in another order");
    }

    [TestCase(2, 1, 0.5f)]
    [TestCase(1, 1, 1f)]
    [TestCase(0, 1, 1f)]
    [TestCase(1e30, double.PositiveInfinity, 1f)]
    public void Clipping_shortens_what_is_too_long(double norm, double limit, float factor) =>
        Assert.That(GradientNorm.Clip(norm, limit), Is.EqualTo(factor));

    [Test]
    public void A_step_before_the_first_is_refused() =>
        Assert.That(() => new AdamW(1, 0.9, 0.9, 1e-8, 0, 0).Apply([], [], [], [], threads: 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
