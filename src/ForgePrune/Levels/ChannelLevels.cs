namespace ForgePrune.Levels;

/// <summary>Every level of one down_proj: the order in which channels are removed and the loss of each width. Weights are not stored; they are
/// refitted when they are needed.</summary>
/// <param name="Order">The order of removal.</param>
/// <param name="Losses">Losses[w] = ½·tr(D H Dᵀ) with w channels kept, where H is the damped Hessian (2/tokens)·XᵀX + λI and D the difference of the
/// refitted weights to the dense ones; dense width + 1 values, the last of which is 0.
/// Of a block of experts, what those that are gone added to the stream per token.</param>
/// <param name="Damping">The damping that made H positive definite.</param>
/// <remarks>The greedy order of Optimal Brain Surgeon for columns, as in ZipLM (Kurtic et al. 2023): the score of column j is G_jj / P_jj with P = H⁻¹
/// and G = WᵀW, both updated after every removal. The sum of the scores is twice the loss.</remarks>
public sealed record ChannelLevels(ChannelOrder Order, IReadOnlyList<double> Losses, Damping Damping)
{
    /// <summary>Validation[w] = ½·tr(D (2/tokens)·XᵀX Dᵀ) of the same weights on the inputs X of text that they were not fitted to, without damping; dense
    /// width + 1 values, the last of which is 0. It may rise with width. Null where there was no validation text.</summary>
    /// <remarks>Where refits include an output bias, it is the bias of the fitting text.</remarks>
    public IReadOnlyList<double>? Validation { get; init; }

    /// <summary>Both losses at half of the width; null where there was no validation text, or the block keeps nothing there.</summary>
    public FitGap? Gap { get; init; }

    /// <summary>The loss of each width as the search may use it: that on validation text where there is one, raised to the largest of all greater widths, so
    /// that it never rises with width; otherwise <see cref="Losses"/>.</summary>
    public IReadOnlyList<double> Shape()
    {
        if (Validation is null)
            return Losses;
        var shape = Validation.ToArray();
        for (var width = shape.Length - 2; width >= 0; width--)
            shape[width] = Math.Max(shape[width], shape[width + 1]);
        return shape;
    }
}
