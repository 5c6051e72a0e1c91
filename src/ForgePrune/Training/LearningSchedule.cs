namespace ForgePrune.Training;

/// <summary>How the learning rate goes after the warm-up.</summary>
public enum ScheduleShape
{
    /// <summary>Stays.</summary>
    Constant,

    /// <summary>Falls to zero along half a cosine (Loshchilov and Hutter 2017).</summary>
    Cosine,

    /// <summary>Stays, then falls to zero on a straight line: warm-up, stable, decay (Hu and others 2024).</summary>
    Wsd,
}

/// <summary>The learning rate of every step, as a share of the largest.</summary>
/// <param name="WarmUp">Share of the steps in which the rate rises on a straight line.</param>
/// <param name="Decay">Share of the steps in which it falls, where the shape is <see cref="ScheduleShape.Wsd"/>.</param>
public sealed record LearningSchedule(ScheduleShape Shape, double WarmUp = 0, double Decay = 0.2)
{
    /// <param name="step">From 0.</param>
    /// <returns>Above 0 and at most 1.</returns>
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
