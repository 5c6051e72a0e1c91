namespace ForgePrune.Evaluation.Tasks;

/// <summary>A model that computes likelihoods of many sequences at once.</summary>
public interface ILikelihoodModel
{
    /// <summary>The number of positions: the longest sequence in tokens.</summary>
    int Positions { get; }

    /// <summary>The number of sequences of up to this many tokens to run at once.</summary>
    int BatchOf(int tokens);

    /// <summary>Computes the logits of a batch.</summary>
    /// <param name="batch">The sequences, longest first.</param>
    /// <param name="hear">Receives the index of each sequence and its logits, the last <see cref="InputRow.Predictions"/> positions × vocab.</param>
    void Run(IReadOnlyList<InputRow> batch, Action<int, ReadOnlyMemory<float>> hear);
}

/// <summary>One sequence and all requests about its continuation: choices of a single token share their whole context.</summary>
/// <param name="Input">The token ids.</param>
/// <param name="Asked">The index of each request, and the tokens that the last positions should predict.</param>
public sealed record InputRow(int[] Input, IReadOnlyList<(int Request, int[] Targets)> Asked)
{
    /// <summary>The number of positions at the end whose logits are needed.</summary>
    public int Predictions { get; } = Asked.Max(asked => asked.Targets.Length);

    /// <summary>The likelihood of one continuation.</summary>
    /// <param name="targets">The tokens of the continuation.</param>
    /// <param name="logits">The logits of the last <see cref="Predictions"/> positions × vocab.</param>
    public Likelihood Of(int[] targets, ReadOnlySpan<float> logits)
    {
        var vocab = logits.Length / Predictions;
        var (log, greedy) = (0.0, true);
        for (var i = 0; i < targets.Length; i++)
        {
            var row = logits.Slice((Predictions - targets.Length + i) * vocab, vocab);
            log += row[targets[i]] - SoftmaxRow.Compare([], row).LogSumExp;
            greedy &= System.Numerics.Tensors.TensorPrimitives.IndexOfMax(row) == targets[i];
        }
        return new Likelihood(log, greedy);
    }
}
