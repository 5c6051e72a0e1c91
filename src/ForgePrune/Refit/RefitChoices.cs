using System.Globalization;
using ForgePrune.Levels;
using ForgePrune.Tokens;

namespace ForgePrune.Refit;

/// <summary>How one block of a plan is refitted.</summary>
/// <param name="Input">The damping of the map in front of the block, as a fraction of the mean diagonal; null for no map.</param>
/// <param name="Output">The damping of its output projection; null keeps the weights that the block's level has by itself.</param>
internal sealed record BlockChoice(double? Input, double? Output)
{
    public static BlockChoice Usual { get; } = new(Damping.Default, Damping.Default);

    /// <summary>Of a block of experts, the damping of each that stays, in the order of the block; null where all have <see cref="Output"/>.</summary>
    public IReadOnlyList<double?>? Experts { get; init; }

    /// <summary>The damping of an expert by its place in the block.</summary>
    public double? OutputOf(int expert) => Experts is null ? Output : Experts[expert];

    /// <summary>One line that differs when the choice does.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Input:R}/{Output:R}")
        + string.Concat((Experts ?? []).Select(damping => string.Create(CultureInfo.InvariantCulture, $" {damping:R};")));
}

/// <summary>What decides how every block of a final refit is fitted.</summary>
internal abstract record RefitChoices
{
    /// <summary>Every block by least squares with a map in front of it, all at the usual damping.</summary>
    public static RefitChoices Usual { get; } = new FixedChoices(_ => BlockChoice.Usual, "usual", null);

    /// <summary>The weights of levels by themselves; null where no block can choose them.</summary>
    public abstract ILevelSource? Levels { get; }

    /// <summary>One line that differs when the result does.</summary>
    protected abstract string Key { get; }

    /// <inheritdoc/>
    public sealed override string ToString() => Key;
}

/// <summary>Every block as it was chosen before.</summary>
/// <param name="Of">The choice of a block by the name of its output projection.</param>
/// <param name="Text">One line that differs when the choices do.</param>
internal sealed record FixedChoices(Func<string, BlockChoice> Of, string Text, ILevelSource? Source) : RefitChoices
{
    public override ILevelSource? Levels => Source;

    protected override string Key => Text;
}

/// <summary>Every block by what is closest to its target on text that it was not fitted to: the level's own weights, or least squares at one of several
/// dampings, with or without a map in front of the block.</summary>
/// <param name="Selection">That text.</param>
/// <param name="Source">The weights of levels by themselves.</param>
/// <param name="LevelsKey">The hash of everything that <paramref name="Source"/> depends on.</param>
internal sealed record MeasuredChoices(TokenWindows Selection, ILevelSource Source, string LevelsKey) : RefitChoices
{
    public override ILevelSource? Levels => Source;

    protected override string Key => $"selection {Selection.Hash} levels {LevelsKey}";
}
