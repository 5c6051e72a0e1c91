namespace ForgePrune.Kernels;

/// <summary>A complete removal order with the cost of each removal.</summary>
/// <param name="Order">Indices of channels or groups, first removed first; every index appears once.</param>
/// <param name="Scores">
/// tr((P_SS)⁻¹ G_SS) at the moment of removal, one for each index of the order: the growth of tr(ΔW H ΔWᵀ), the squared output error in the metric of H.
/// Their running sum is the loss curve read from the dense end.
/// </param>
public sealed record EliminationResult(int[] Order, double[] Scores);
