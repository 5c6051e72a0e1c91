using ForgePrune.Methods;

namespace ForgePrune.Cli.Verbs;

/// <summary>A method in one row.</summary>
/// <param name="Aliases">Further names.</param>
/// <param name="Paper">First author and year; null where there is no single paper.</param>
/// <param name="Removes">What decides which structures are removed.</param>
/// <param name="Plan">What decides how much every layer keeps.</param>
/// <param name="Trains">When it trains; null where it does not.</param>
internal sealed record MethodFacts(string Name, IReadOnlyList<string> Aliases, string? Paper, string Removes, bool Refits, string Plan, string? Trains)
{
    public static IReadOnlyList<MethodFacts> All() => [.. MethodCatalog.All.Select(Of)];

    private static MethodFacts Of(PruningMethod method)
    {
        var paper = method == MethodCatalog.Default ? null : MethodGuides.Find(method.Name).Papers[0].Short;
        string[] aliases = [.. MethodCatalog.Aliases.Where(alias => alias.Value == method.Name).Select(alias => alias.Key)];
        return new MethodFacts(
            method.Name, aliases, paper, RemovedBy(method.Removal), method.Refits || method.Regularizes, PlannedBy(method.Plan), TrainedWhen(method));
    }

    private static string RemovedBy(RemovalRule rule) => rule switch
    {
        RemovalRule.SecondOrder => "second order",
        RemovalRule.Magnitude => "weight norm",
        RemovalRule.WandaSp => "|weight| × input norm",
        RemovalRule.Wifv => "input variance × weight norm",
        RemovalRule.ActivationNorm => "activation norm",
        RemovalRule.Taylor => "|weight × gradient|",
        RemovalRule.None => "whole layers",
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, null),
    };

    private static string PlannedBy(PlanRule rule) => rule switch
    {
        PlanRule.Search => "measured prices, evolution",
        PlanRule.DynamicProgramming => "measured prices",
        PlanRule.Uniform => "equal share in every layer",
        PlanRule.GlobalScores => "one pool of scores",
        PlanRule.Depth => "block influence",
        PlanRule.Proposals => "proposed layer rates",
        PlanRule.LevelSwitches => "evolution by level switches",
        PlanRule.ScaledPriors => "scaled layer errors (SPDY)",
        PlanRule.ArithmeticProgression => "rising layer rates",
        PlanRule.TwoStages => "equal widths, then attention blocks",
        PlanRule.Interleaved => "layer importance, many cuts",
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, null),
    };

    private static string? TrainedWhen(PruningMethod method) => method switch
    {
        { TrainsCandidates: true } => "candidates",
        { Regularizes: true } => "before the cut",
        { Plan: PlanRule.Interleaved } => "after every cut",
        _ => null,
    };
}
