using ForgePrune.Kernels;

namespace ForgePrune.Training;

/// <summary>The state of a training: the weights, both moments of AdamW (Loshchilov and Hutter 2019, algorithm 2) in the same layout, the number of steps and
/// the losses.</summary>
public sealed class OptimizerState
{
    private readonly List<double> losses = [];

    /// <summary>A training of all weights that has not begun.</summary>
    public OptimizerState(DecoderParameters parameters)
        : this((ITrainedWeights)parameters)
    {
    }

    /// <summary>A training of all weights after some steps.</summary>
    public OptimizerState(DecoderParameters parameters, float[] means, float[] squares, int done)
        : this((ITrainedWeights)parameters, means, squares, done)
    {
    }

    internal OptimizerState(ITrainedWeights trained)
        : this(trained, LargeArray.Zeros<float>(trained.Layout.Count), LargeArray.Zeros<float>(trained.Layout.Count), 0)
    {
    }

    private OptimizerState(ITrainedWeights trained, float[] means, float[] squares, int done) =>
        (Trained, Means, Squares, Done) = (trained, means, squares, done);

    /// <summary>The weights.</summary>
    /// <exception cref="InvalidOperationException">Only part of them is trained.</exception>
    public DecoderParameters Parameters =>
        Trained as DecoderParameters ?? throw new InvalidOperationException("a training of part of the weights has no array of all of them");

    /// <summary>The running means m of the gradients, one per weight.</summary>
    public float[] Means { get; }

    /// <summary>The running means v of the squared gradients, one per weight.</summary>
    public float[] Squares { get; }

    /// <summary>The number of steps done.</summary>
    public int Done { get; private set; }

    /// <summary>The model in training.</summary>
    internal ITrainedWeights Trained { get; }

    /// <summary>The mean loss of every step since the weights have this layout, in nats per token.</summary>
    public IReadOnlyList<double> Losses => losses;

    /// <summary>Writes the state. The file appears whole, by rename.</summary>
    /// <exception cref="Errors.BrokenEnvironmentException">The file cannot be written.</exception>
    public void Save(string path, IO.SourceHash source) => TrainerState.Write(path, source, Done, [.. losses], Trained.Values, Means, Squares);

    /// <summary>Reads a state that <see cref="Save"/> wrote for this layout.</summary>
    /// <exception cref="Errors.BadInputException">The file is damaged or belongs to another training.</exception>
    public void Load(string path, IO.SourceHash source)
    {
        (Done, var met) = TrainerState.Read(path, source, Trained.Values, Means, Squares);
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
