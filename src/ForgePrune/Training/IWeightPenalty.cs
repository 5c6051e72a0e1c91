namespace ForgePrune.Training;

/// <summary>What pulls at weights beside the loss: applied after each update, never through the gradient, so that AdamW does not rescale it.</summary>
public interface IWeightPenalty
{
    /// <param name="values">All weights, by the layout of the model that is trained.</param>
    /// <param name="step">That was just taken, from 0.</param>
    /// <param name="steps">Of the whole training.</param>
    void Apply(ParameterLayout layout, float[] values, int step, int steps);
}
