namespace ForgePrune.Training;

/// <summary>The shape of the learning rate after the warm-up.</summary>
public enum ScheduleShape
{
    /// <summary>Constant.</summary>
    Constant,

    /// <summary>Falls to zero along half a cosine (Loshchilov and Hutter 2017, without restarts).</summary>
    Cosine,

    /// <summary>Constant, then a linear decay to zero: warm-up, stable, decay (WSD, Hu et al. 2024).</summary>
    Wsd,
}

/// <summary>The learning rate of every step relative to the largest one.</summary>
/// <param name="Shape">The shape after the warm-up.</param>
/// <param name="WarmUp">The share of the steps in which the rate rises linearly, from 0 to 1.</param>
/// <param name="Decay">The share of the steps in which the rate falls for <see cref="ScheduleShape.Wsd"/>, from 0 to 1.</param>
public sealed record LearningSchedule(ScheduleShape Shape, double WarmUp = 0, double Decay = 0.2)
{
    /// <summary>The relative learning rate of one step.</summary>
    /// <param name="step">The index of the step, from 0.</param>
    /// <param name="steps">The number of steps.</param>
    /// <returns>A factor above 0 and at most 1.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such shape.</exception>
    public double At(int step, int steps)
    {
        var warm = (int)Math.Round(WarmUp * steps);
        if (step < warm)
            return (step + 1.0) / warm;
        return Shape switch
        {
            ScheduleShape.Constant => 1,
            ScheduleShape.Cosine => (1 + Math.Cos(Math.PI * (step - warm) / Math.Max(1, steps - warm))) / 2,
            ScheduleShape.Wsd => Math.Min(1, (steps - step) / Math.Max(1, Math.Round(Decay * steps))),
            _ => throw new ArgumentOutOfRangeException(nameof(step), Shape, "no such shape"),
        };
    }
}
