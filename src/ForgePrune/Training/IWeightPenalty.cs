namespace ForgePrune.Training;

/// <summary>A penalty on weights beside the loss. It is applied after each update and not through the gradient, so that AdamW does not rescale it.</summary>
public interface IWeightPenalty
{
    /// <summary>Applies the penalty.</summary>
    /// <param name="layout">The layout of the weights.</param>
    /// <param name="values">The weights of the model in training, which are changed.</param>
    /// <param name="step">The index of the step that was just taken, from 0.</param>
    /// <param name="steps">The number of steps of the whole training.</param>
    void Apply(ParameterLayout layout, float[] values, int step, int steps);
}
