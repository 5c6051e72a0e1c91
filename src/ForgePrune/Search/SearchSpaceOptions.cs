namespace ForgePrune.Search;

/// <summary>The density of the levels of a search space.</summary>
/// <param name="FfnStep">The FFN widths on offer are multiples of this number of channels, and the dense width.</param>
/// <param name="PricedShares">The kept shares of the FFN whose price is measured, beside 1 and 0.</param>
/// <param name="AttentionLevels">The largest number of attention levels of a layer with grouped-query attention; a layer without groups offers every
/// number of heads.</param>
/// <param name="PricedAttention">The largest number of attention levels of a layer whose price is measured, dense and none among them; all by default.</param>
public sealed record SearchSpaceOptions(
    int FfnStep, IReadOnlyList<double> PricedShares, int AttentionLevels = 10, int PricedAttention = int.MaxValue)
{
    /// <summary>The shapes that a plan may have.</summary>
    public PlanShapes Shapes { get; init; } = PlanShapes.Free;

    /// <summary>Prices at every fifth of the width.</summary>
    public static SearchSpaceOptions Fifths(int ffnStep) => new(ffnStep, [0.8, 0.6, 0.4, 0.2]);

    /// <summary>Prices at half of width and attention, and at nothing: the losses on text that levels were not fitted to shape what lies between.</summary>
    public static SearchSpaceOptions Halves(int ffnStep) => new(ffnStep, [0.5], AttentionLevels: 5, PricedAttention: 3);

    /// <summary>Every level priced costs a run through half of the model: <see cref="Fine"/> where that is quick, <see cref="Halves"/>
    /// where it is not.</summary>
    public static SearchSpaceOptions For(bool large, int ffnStep) => large ? Halves(ffnStep) : Fine(ffnStep);

    /// <summary>Nine widths, closer together near dense, where most plans lie, and near nothing, where prices soar.</summary>
    public static SearchSpaceOptions Fine(int ffnStep) => new(ffnStep, [0.9, 0.8, 0.65, 0.5, 0.35, 0.2, 0.1]);
}
