using ForgePrune.Errors;

namespace ForgePrune.Search.Costs;

internal static class TargetErrors
{
    public static BadInputException UnknownMetric(string name) =>
        new($"The metric \"{name}\" is not known: use one of {string.Join(", ", Metrics.Names)}.");

    public static BadInputException NotATarget(string text) =>
        new($"The target \"{text}\" is neither a factor nor a share: write for example 1.5x (1.5 times faster or smaller) or 0.5 (half is kept).");

    public static BadInputException FactorBelowOne(string text) =>
        new($"The target \"{text}\" would make the model slower or larger: a factor must be at least 1x, for example 1.5x.");

    public static BadInputException ShareOutsideUnit(string text) =>
        new($"The target \"{text}\" is not a share between 0 and 1: write a share such as 0.5, or a factor such as 2x.");
}
