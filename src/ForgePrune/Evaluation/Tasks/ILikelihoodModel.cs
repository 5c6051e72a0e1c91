namespace ForgePrune.Evaluation.Tasks;

/// <summary>A model that tells how likely tokens are, many sequences at once.</summary>
public interface ILikelihoodModel
{
    /// <summary>Most tokens of one sequence.</summary>
    int Positions { get; }

    /// <summary>How many sequences of up to this many tokens are worth running at once.</summary>
    int BatchOf(int tokens);

    /// <param name="batch">Sequences, the longest first.</param>
    /// <param name="hear">Told the sequence's place in the batch, and logits (the last <see cref="InputRow.Predictions"/> positions × vocab).</param>
    void Run(IReadOnlyList<InputRow> batch, Action<int, ReadOnlyMemory<float>> hear);
}

/// <summary>One sequence and everything that is asked about what follows it: choices of one letter share their whole context.</summary>
/// <param name="Input">Token ids.</param>
/// <param name="Asked">Place of the request, and the tokens that the last positions should predict.</param>
public sealed record InputRow(int[] Input, IReadOnlyList<(int Request, int[] Targets)> Asked)
{
    /// <summary>Positions at the end whose logits are needed.</summary>
    public int Predictions { get; } = Asked.Max(asked => asked.Targets.Length);

    /// <summary>The likelihood of one continuation.</summary>
    /// <param name="logits">The last <see cref="Predictions"/> positions × vocab.</param>
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
