namespace ForgePrune.Search;

/// <summary>The amount of measuring in a search. Asking for more windows than the text has is an error.</summary>
/// <param name="Windows">The number of windows that decide whether a plan is better.</param>
/// <param name="PriceWindows">The number of windows that measure prices.</param>
/// <param name="RefinementRounds">The rounds of pricing around the present plan.</param>
/// <param name="Generations">The generations of the evolution; 0 leaves it out.</param>
/// <param name="Patience">The number of generations without gain after which it stops.</param>
/// <param name="Offspring">The plans of each generation.</param>
/// <param name="Screens">Screenings of the offspring on few windows, in order, before the survivors are measured on all <paramref name="Windows"/>.</param>
public sealed record SearchEffort(
    int Windows,
    int PriceWindows,
    int RefinementRounds,
    int Generations,
    int Patience,
    int Offspring,
    IReadOnlyList<Screen> Screens)
{
    /// <summary>Exponents of prices that further plans are found for, with attention held dear. Damages of single replacements underrate what many do
    /// together, large ones most: with powers of them, a plan spreads what it removes more evenly.</summary>
    public IReadOnlyList<double> Exponents { get; init; } = [];

    /// <summary>For a demonstration: seconds on a model of some million parameters.</summary>
    public static SearchEffort Quick { get; } = new(8, 4, 4, 8, 4, 8, [new(2, 2)]);

    /// <summary>For models up to some hundred million parameters.</summary>
    public static SearchEffort Standard { get; } = new(16, 8, 8, 40, 12, 16, [new(2, 4), new(8, 2)]);

    /// <summary>For models of a billion parameters and more: one window takes seconds there, and making a plan's weights minutes, so prices
    /// are measured once, and once more around the best plan for them or for powers of them.</summary>
    public static SearchEffort Large { get; } = new(4, 1, 1, 0, 0, 0, []) { Exponents = [3, 6] };

    /// <summary>The same effort without an end of its own: time ends it.</summary>
    public SearchEffort Unending() => this with
    {
        Windows = 2 * Windows,
        PriceWindows = 2 * PriceWindows,
        RefinementRounds = Endless,
        Generations = Endless,
        Patience = Endless,
        Offspring = Math.Max(Offspring, 8),
        Screens = Screens.Count > 0 ? Screens : [new(2, 2)],
    };

    private const int Endless = 1_000_000;

    /// <summary>Models with more prunable weights than this are searched with <see cref="Large"/>.</summary>
    public const double LargeFrom = 5e8;
}

/// <summary>One screening of plans on few windows.</summary>
/// <param name="Windows">The number of windows, from the first.</param>
/// <param name="Survivors">The number of plans that are kept.</param>
public sealed record Screen(int Windows, int Survivors);
