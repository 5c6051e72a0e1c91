using ForgePrune.Kernels;

namespace ForgePrune.Training;

/// <summary>The state of a training: the weights, both moments of AdamW (Loshchilov and Hutter 2019, algorithm 2) in the same layout, the number of steps and
/// the losses.</summary>
public sealed class OptimizerState(DecoderParameters parameters, float[] means, float[] squares, int done)
{
    private readonly List<double> losses = [];

    /// <summary>A training that has not begun.</summary>
    public OptimizerState(DecoderParameters parameters)
        : this(parameters, LargeArray.Zeros<float>(parameters.Layout.Count), LargeArray.Zeros<float>(parameters.Layout.Count), 0)
    {
    }

    /// <summary>The weights.</summary>
    public DecoderParameters Parameters { get; } = parameters;

    /// <summary>The running means m of the gradients, one per weight.</summary>
    public float[] Means { get; } = means;

    /// <summary>The running means v of the squared gradients, one per weight.</summary>
    public float[] Squares { get; } = squares;

    /// <summary>The number of steps done.</summary>
    public int Done { get; private set; } = done;

    /// <summary>The mean loss of every step since the weights have this layout, in nats per token.</summary>
    public IReadOnlyList<double> Losses => losses;

    /// <summary>Writes the state. The file appears whole, by rename.</summary>
    /// <exception cref="Errors.BrokenEnvironmentException">The file cannot be written.</exception>
    public void Save(string path, IO.SourceHash source) => TrainerState.Write(path, source, Done, [.. losses], Parameters.Values, Means, Squares);

    /// <summary>Reads a state that <see cref="Save"/> wrote for this layout.</summary>
    /// <exception cref="Errors.BadInputException">The file is damaged or belongs to another training.</exception>
    public void Load(string path, IO.SourceHash source)
    {
        (Done, var met) = TrainerState.Read(path, source, Parameters.Values, Means, Squares);
        losses.Clear();
        losses.AddRange(met);
    }

    /// <summary>Counts one more step.</summary>
    internal void Advance(double loss)
    {
        Done++;
        losses.Add(loss);
    }
}
