using ForgePrune.Model;

namespace ForgePrune.Levels;

/// <summary>Every level of one o_proj: the heads that it keeps and its loss. Weights are not stored; they are refitted when they are needed.</summary>
/// <param name="Sets">The kept heads of each level.</param>
/// <param name="Losses">The loss ½·tr(D H Dᵀ) of each level, where H is the damped Hessian (2/tokens)·XᵀX + λI and D the difference of the refitted
/// weights to the dense ones. The levels (0, 0) and dense are included.</param>
/// <param name="Damping">The damping that made H positive definite.</param>
/// <remarks>Groups are removed one by one by Optimal Brain Surgeon in its block form, as in ZipLM (Kurtic et al. 2023): the score of a group S is
/// tr((P_SS)⁻¹·G_SS) with P = H⁻¹ and G = WᵀW.</remarks>
public sealed record AttentionLevels(HeadSets Sets, IReadOnlyDictionary<AttentionLevel, double> Losses, Damping Damping)
{
    /// <summary>The loss ½·tr(D (2/tokens)·XᵀX Dᵀ) of the same weights of each level on the inputs X of text that they were not fitted to, without damping.
    /// Null where there was no validation text.</summary>
    /// <remarks>Where refits include an output bias, it is the bias of the fitting text.</remarks>
    public IReadOnlyDictionary<AttentionLevel, double>? Validation { get; init; }

    /// <summary>Both losses with half of the heads kept; null where there was no validation text, or there is no such level.</summary>
    public FitGap? Gap { get; init; }
}
