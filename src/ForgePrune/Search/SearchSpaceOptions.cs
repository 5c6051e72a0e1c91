namespace ForgePrune.Search;

/// <summary>The density of the levels of a search space.</summary>
/// <param name="FfnStep">The FFN widths on offer are multiples of this number of channels, and the dense width.</param>
/// <param name="PricedShares">The kept shares of the FFN whose price is measured, beside 1 and 0.</param>
/// <param name="AttentionLevels">The largest number of attention levels of a layer with grouped-query attention; a layer without groups offers every
/// number of heads.</param>
public sealed record SearchSpaceOptions(int FfnStep, IReadOnlyList<double> PricedShares, int AttentionLevels = 10)
{
    /// <summary>Prices at every fifth of the width.</summary>
    public static SearchSpaceOptions Fifths(int ffnStep) => new(ffnStep, [0.8, 0.6, 0.4, 0.2]);

    /// <summary>Prices at every quarter of width and attention.</summary>
    public static SearchSpaceOptions Quarters(int ffnStep) => new(ffnStep, [0.75, 0.5, 0.25], AttentionLevels: 5);

    /// <summary>Every level priced costs a run through half of the model: <see cref="Fine"/> where that is quick, <see cref="Quarters"/>
    /// where it is not.</summary>
    public static SearchSpaceOptions For(bool large, int ffnStep) => large ? Quarters(ffnStep) : Fine(ffnStep);

    /// <summary>Nine widths, closer together near dense, where most plans lie, and near nothing, where prices soar.</summary>
    public static SearchSpaceOptions Fine(int ffnStep) => new(ffnStep, [0.9, 0.8, 0.65, 0.5, 0.35, 0.2, 0.1]);
}
