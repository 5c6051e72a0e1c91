using ForgePrune.Model;

namespace ForgePrune.Forward;

/// <summary>What makes logits of the residual stream after the last layer.</summary>
/// <param name="Norm">The final RMSNorm weight, hidden values.</param>
/// <param name="Weights">The output head, vocab × hidden.</param>
internal sealed record OutputHead(float[] Norm, Matrix Weights);

/// <summary>Rows of final residual streams, and what is to be said of the predictions made from them.</summary>
/// <param name="Head">The head of the models that are judged.</param>
/// <param name="Ends">Rows of their streams, models × rows × hidden: several models at the same positions, one model after another.</param>
internal sealed record HeadQuestion(OutputHead Head, float[] Ends)
{
    /// <summary>The head of the model that they are compared with; null for none.</summary>
    public OutputHead? Truth { get; init; }

    /// <summary>Rows of that model's stream, rows × hidden; empty for none.</summary>
    public float[] TruthEnds { get; init; } = [];

    /// <summary>The token that follows each row; empty where no likelihood is asked for. Only for one model.</summary>
    public int[] Next { get; init; } = [];
}

/// <summary>What a few numbers a row say of predictions. Empty arrays are what was not asked for.</summary>
/// <param name="Losses">−ln q(next) of each row.</param>
/// <param name="TruthLosses">−ln p(next) under the model compared with.</param>
/// <param name="Divergences">KL(p ‖ q) of each model's rows, models × rows, in nats.</param>
internal sealed record HeadScores(double[] Losses, double[] TruthLosses, double[] Divergences);
