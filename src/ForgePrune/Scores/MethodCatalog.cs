using ForgePrune.Errors;

namespace ForgePrune.Scores;

/// <summary>Every way to prune that the tool offers, the default first.</summary>
public static class MethodCatalog
{
    public static IReadOnlyList<PruningMethod> All { get; } =
    [
        new("forgeprune", RemovalRule.SecondOrder, true, PlanRule.Search,
            "second-order removal and refit; plan by measured prices, dynamic programming, re-pricing and evolution"),
        new("dp-obs", RemovalRule.SecondOrder, true, PlanRule.DynamicProgramming,
            "second-order removal and refit; plan by measured prices and dynamic programming alone"),
        new("uniform-obs", RemovalRule.SecondOrder, true, PlanRule.Uniform, "second-order removal and refit; the same share in every layer"),
        new("magnitude", RemovalRule.Magnitude, false, PlanRule.Uniform, "smallest weight norm first; the same share in every layer"),
        new("wanda-sp", RemovalRule.WandaSp, false, PlanRule.Uniform, "smallest |weight| times input norm first; the same share in every layer"),
        new("flap", RemovalRule.Wifv, false, PlanRule.Uniform, "smallest input fluctuation first, without bias; the same share in every layer"),
        new("flap-global", RemovalRule.Wifv, false, PlanRule.GlobalScores, "as flap, but standardised scores of all layers in one pool"),
        new("block-influence", RemovalRule.None, false, PlanRule.Depth, "whole decoder layers, those that turn the residual stream least first"),
    ];

    public static PruningMethod Default => All[0];

    public static PruningMethod Find(string name) =>
        All.FirstOrDefault(method => method.Name == name)
        ?? throw new BadInputException($"The method \"{name}\" is not known: use one of {string.Join(", ", All.Select(method => method.Name))}.");
}
