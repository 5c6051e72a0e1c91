using System.Globalization;
using ForgePrune.Errors;

namespace ForgePrune.Pipeline.Parts;

/// <summary>One worker's share of a stage (<see cref="PartPlan.Owner"/>).</summary>
/// <param name="Index">From 0.</param>
/// <param name="Count">How many workers there are.</param>
internal readonly record struct PartShare(int Index, int Count)
{
    /// <summary>All of it.</summary>
    public static PartShare Whole { get; } = new(0, 1);

    /// <summary>Reads "3/8": the third of eight.</summary>
    /// <exception cref="BadInputException">It is not of this form, or outside of it.</exception>
    public static PartShare Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.Split('/') is [var first, var second] && Number(first) is { } index && Number(second) is { } count && index >= 1 && index <= count
            ? new(index - 1, count)
            : throw new BadInputException($"'{text}' is no share; give K/N, the K-th of N workers with K from 1 to N, such as 3/8");
    }

    /// <summary>Whether the item is this share's where items are dealt out in turn.</summary>
    /// <param name="item">From 0.</param>
    public bool Has(int item) => item % Count == Index;

    /// <summary>As it is read.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Index + 1}/{Count}");

    private static int? Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
}
