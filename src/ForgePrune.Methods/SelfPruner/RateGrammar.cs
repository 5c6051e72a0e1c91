namespace ForgePrune.Methods.SelfPruner;

/// <summary>The only form in which a language model may answer: <c>[40, 45, 50]</c>, as many whole percentages as there are layers, each from
/// 0 to 99 without leading zeros, one space at most after a comma. A machine over characters, so that it can mask tokens of any length as
/// well as judge a finished line.</summary>
/// <param name="layers">At least 1.</param>
internal sealed class RateGrammar(int layers)
{
    /// <summary>Every character of the language.</summary>
    public const string Alphabet = "0123456789,[] ";

    public int Layers { get; } = layers >= 1 ? layers : throw new ArgumentOutOfRangeException(nameof(layers), layers, "a list needs a number");

    /// <summary>The state after one more character; null where no valid list goes on like this.</summary>
    public RateState? Next(RateState state, char character) => (state.Place, character) switch
    {
        (RatePlace.Begin, '[') => new(0, RatePlace.Number),
        (RatePlace.Number or RatePlace.Comma, '0') => new(state.Numbers + 1, RatePlace.Complete),
        (RatePlace.Number or RatePlace.Comma, >= '1' and <= '9') => new(state.Numbers + 1, RatePlace.Digit),
        (RatePlace.Comma, ' ') => state with { Place = RatePlace.Number },
        (RatePlace.Digit, >= '0' and <= '9') => state with { Place = RatePlace.Complete },
        (RatePlace.Digit or RatePlace.Complete, ',') when state.Numbers < Layers => state with { Place = RatePlace.Comma },
        (RatePlace.Digit or RatePlace.Complete, ']') when state.Numbers == Layers => state with { Place = RatePlace.End },
        _ => null,
    };

    /// <summary>The state after a whole text; null where it leaves the language.</summary>
    public RateState? Next(RateState state, ReadOnlySpan<char> text)
    {
        foreach (var character in text)
        {
            if (Next(state, character) is not { } next)
                return null;
            state = next;
        }

        return state;
    }

    /// <summary>The rates of a finished list, in [0, 0.99]; null where <paramref name="text"/> is none.</summary>
    public double[]? Read(string text) => Next(default, text) is { Place: RatePlace.End }
        ? [.. text[1..^1].Split(',').Select(number => int.Parse(number, System.Globalization.CultureInfo.InvariantCulture) / 100.0)]
        : null;

    /// <summary>Rates in the language, rounded to whole percentages.</summary>
    public static string Write(IEnumerable<double> rates) =>
        $"[{string.Join(", ", rates.Select(rate => Math.Clamp((int)Math.Round(100 * rate), 0, 99)))}]";
}

/// <param name="Numbers">Numbers begun so far.</param>
internal readonly record struct RateState(int Numbers, RatePlace Place);

internal enum RatePlace
{
    /// <summary>Nothing read.</summary>
    Begin,

    /// <summary>A number must follow.</summary>
    Number,

    /// <summary>A number or a space must follow.</summary>
    Comma,

    /// <summary>A number of one digit, which a second may follow.</summary>
    Digit,

    /// <summary>A number that takes no further digit.</summary>
    Complete,

    /// <summary>The list is closed.</summary>
    End,
}
