namespace ForgePrune.Levels;

/// <summary>Every level of one down_proj: the order in which channels are removed and the loss of each width. Weights are not stored; they are
/// refitted when they are needed.</summary>
/// <param name="Order">The order of removal.</param>
/// <param name="Losses">Losses[w] = ½·tr(D H Dᵀ) with w channels kept, where H is the damped Hessian (2/tokens)·XᵀX + λI and D the difference of the
/// refitted weights to the dense ones; dense width + 1 values, the last of which is 0.</param>
/// <param name="Damping">The damping that made H positive definite.</param>
/// <remarks>The greedy order of Optimal Brain Surgeon for columns, as in ZipLM (Kurtic et al. 2023): the score of column j is G_jj / P_jj with P = H⁻¹
/// and G = WᵀW, both updated after every removal. The sum of the scores is twice the loss.</remarks>
public sealed record ChannelLevels(ChannelOrder Order, IReadOnlyList<double> Losses, Damping Damping);
