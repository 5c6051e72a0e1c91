using ForgePrune.Kernels;

namespace ForgePrune.Training;

/// <summary>All that a training changes: the weights, both moments of AdamW by the same layout, how many steps made them, and the losses met on the way.</summary>
public sealed class OptimizerState(DecoderParameters parameters, float[] means, float[] squares, int done)
{
    private readonly List<double> losses = [];

    /// <summary>A training that has not begun.</summary>
    public OptimizerState(DecoderParameters parameters)
        : this(parameters, LargeArray.Zeros<float>(parameters.Layout.Count), LargeArray.Zeros<float>(parameters.Layout.Count), 0)
    {
    }

    public DecoderParameters Parameters { get; } = parameters;

    /// <summary>Running means of the gradients.</summary>
    public float[] Means { get; } = means;

    /// <summary>Running means of their squares.</summary>
    public float[] Squares { get; } = squares;

    /// <summary>Steps that are done.</summary>
    public int Done { get; private set; } = done;

    /// <summary>Mean loss of every step since the weights had this layout, nats per token.</summary>
    public IReadOnlyList<double> Losses => losses;

    /// <summary>Writes everything by write-then-rename.</summary>
    public void Save(string path, IO.SourceHash source) => TrainerState.Write(path, source, Done, [.. losses], Parameters.Values, Means, Squares);

    /// <summary>Takes what <see cref="Save"/> wrote for this layout.</summary>
    public void Load(string path, IO.SourceHash source)
    {
        (Done, var met) = TrainerState.Read(path, source, Parameters.Values, Means, Squares);
        losses.Clear();
        losses.AddRange(met);
    }

    /// <summary>One more step is done.</summary>
    internal void Advance(double loss)
    {
        Done++;
        losses.Add(loss);
    }
}
