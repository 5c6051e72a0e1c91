namespace ForgePrune.Search;

/// <param name="PositionStride">Every how many positions the divergence is taken; the layers always see all of them.</param>
/// <param name="MemoryBytes">Bound for streams and remembered dense predictions together, half each; weights come on top.</param>
/// <param name="LogitScale">Factor on the logits of the plans, not of the dense model.</param>
public sealed record PlanEvaluatorOptions(int PositionStride = 1, long MemoryBytes = 2L << 30, double LogitScale = 1);
