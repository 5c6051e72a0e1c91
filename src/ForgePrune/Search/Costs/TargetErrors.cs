using ForgePrune.Errors;

namespace ForgePrune.Search.Costs;

internal static class TargetErrors
{
    public static BadInputException UnknownMetric(string name) =>
        new($"the metric '{name}' is unknown; use one of {string.Join(", ", Metrics.Names)}");

    public static BadInputException NotATarget(string text) =>
        new($"the target '{text}' is neither a factor nor a share; give one such as 1.5x (1.5 times faster or smaller), or 0.5 (half is kept)");

    public static BadInputException FactorBelowOne(string text) =>
        new($"the target '{text}' would make the model slower or larger; give a factor of at least 1x, such as 1.5x");

    public static BadInputException ShareOutsideUnit(string text) =>
        new($"the target '{text}' is no share above 0 and up to 1; give one such as 0.5, or a factor such as 2x");
}
