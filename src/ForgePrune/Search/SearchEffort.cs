namespace ForgePrune.Search;

/// <summary>How much measuring a search may do. Windows beyond those given are an error, never a silent cut.</summary>
/// <param name="Windows">Windows that decide whether a plan is better: all of a final comparison.</param>
/// <param name="PriceWindows">Windows for single-replacement and local prices.</param>
/// <param name="RefinementRounds">Rounds of pricing around the current plan.</param>
/// <param name="Generations">Generations of the evolution; 0 leaves it out.</param>
/// <param name="Patience">Generations without gain after which it stops.</param>
/// <param name="Offspring">Plans per generation.</param>
/// <param name="Screens">Screening of the offspring on few windows, in order, before the survivors meet all <paramref name="Windows"/>.</param>
public sealed record SearchEffort(
    int Windows,
    int PriceWindows,
    int RefinementRounds,
    int Generations,
    int Patience,
    int Offspring,
    IReadOnlyList<Screen> Screens)
{
    /// <summary>For a demonstration: seconds on a model of some million parameters.</summary>
    public static SearchEffort Quick { get; } = new(8, 4, 4, 8, 4, 8, [new(2, 2)]);

    /// <summary>For models up to some hundred million parameters.</summary>
    public static SearchEffort Standard { get; } = new(16, 8, 8, 40, 12, 16, [new(2, 4), new(8, 2)]);

    /// <summary>For models of a billion parameters and more: one window takes seconds there, and making a plan's weights minutes, so prices
    /// are measured once and the best plan for them is taken.</summary>
    public static SearchEffort Large { get; } = new(4, 1, 0, 0, 0, 0, []);

    /// <summary>Models with more prunable weights than this are searched with <see cref="Large"/>.</summary>
    public const double LargeFrom = 5e8;
}

/// <param name="Windows">The first so many windows.</param>
/// <param name="Survivors">How many plans go on.</param>
public sealed record Screen(int Windows, int Survivors);
