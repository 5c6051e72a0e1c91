using ForgePrune.Training;

namespace ForgePrune.Tests.Training;

public sealed class RisingLossTests
{
    [Test]
    public void A_loss_that_falls_or_wavers_is_no_reason_to_speak()
    {
        double[] losses = [0.96, 0.89, 0.982, 0.951, 0.897, 1.1, 1.43];
        for (var steps = 0; steps <= losses.Length; steps++)
            Assert.That(RisingLoss.Warning(losses[..steps], 2e-5), Is.Null);
    }

    [Test]
    public void The_step_that_shows_it_is_told_once_with_a_cure()
    {
        double[] losses = [0.96, 1.149, 1.236, 1.761, 1.339, 1.9];
        for (var steps = 0; steps <= losses.Length; steps++)
        {
            if (steps == 4)
                Assert.That(RisingLoss.Warning(losses[..steps], 2e-4), Does.Contain("from 0.960 to 1.761 in 3 steps").And.Contains("`Recovery.Rate` 0.00002"));
            else
                Assert.That(RisingLoss.Warning(losses[..steps], 2e-4), Is.Null);
        }
    }

    [Test]
    public void Later_steps_are_not_looked_at()
    {
        double[] losses = [1, .. Enumerable.Repeat(0.9, RisingLoss.Early - 1), 9];
        Assert.That(RisingLoss.Warning(losses, 2e-4), Is.Null);
        Assert.That(RisingLoss.Warning([1, .. Enumerable.Repeat(0.9, RisingLoss.Early - 2), 9], 2e-4), Is.Not.Null);
    }
}
