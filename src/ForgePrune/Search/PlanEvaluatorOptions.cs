namespace ForgePrune.Search;

/// <summary>The options of plan evaluation.</summary>
/// <param name="PositionStride">The divergence is measured at every PositionStride-th position; the layers always run on all positions.</param>
/// <param name="MemoryBytes">The bytes of residual streams and stored dense predictions, half each; weights are not included.</param>
/// <param name="LogitScale">The factor on the logits of the plans, not on those of the dense model.</param>
public sealed record PlanEvaluatorOptions(int PositionStride = 1, long MemoryBytes = 2L << 30, double LogitScale = 1);
