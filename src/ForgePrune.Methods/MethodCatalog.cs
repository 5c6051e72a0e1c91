using ForgePrune.Errors;

namespace ForgePrune.Methods;

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
        new("flap-global", RemovalRule.Wifv, false, PlanRule.GlobalScores, "as flap, but standardized scores of all layers in one pool"),
        new("block-influence", RemovalRule.None, false, PlanRule.Depth, "whole decoder layers, those that turn the residual stream least first"),
        new("self-pruner", RemovalRule.WandaSp, false, PlanRule.Proposals, "as wanda-sp; layer rates from --proposer, the best measured ones kept and varied"),
        new("self-pruner-obs", RemovalRule.SecondOrder, true, PlanRule.Proposals, "second-order removal and refit; layer rates as in self-pruner"),
        new("darwinlm", RemovalRule.SecondOrder, true, PlanRule.LevelSwitches,
            "second-order removal and refit; level switches inside attention and inside the MLPs, selected in stages that train candidates first")
        { TrainsCandidates = true },
        new("darwinlm-untrained", RemovalRule.SecondOrder, true, PlanRule.LevelSwitches, "as darwinlm, but candidates are measured as they are"),
        new("ziplm", RemovalRule.SecondOrder, true, PlanRule.ScaledPriors,
            "second-order removal and refit; dynamic programming over layer-wise errors, whose factors are searched"),
        new("arithmetic", RemovalRule.SecondOrder, true, PlanRule.ArithmeticProgression,
            "second-order removal and refit; layer rates rising by a common difference, chosen by measuring"),
        new("taylor", RemovalRule.Taylor, false, PlanRule.Uniform, "smallest sum of |weight times gradient| over coupled weights first (LLM-Pruner); the same share in every layer"),
        new("adapt-pruner", RemovalRule.Taylor, false, PlanRule.Interleaved,
            "many small cuts by layer importance and Taylor scores, each followed by its part of --recover; --stages 1 cuts once"),
        new("dress", RemovalRule.SecondOrder, false, PlanRule.Uniform,
            "the same share in every layer; what leaves is pressed to nothing by training before the cut (--regularize-tokens), then a refit") { Regularizes = true },
        new("2ssp", RemovalRule.ActivationNorm, false, PlanRule.TwoStages, "channels of least activation, equally many everywhere; then whole attention blocks"),
    ];

    public static PruningMethod Default => All[0];

    /// <summary>Names of the literature for methods that are here under another name.</summary>
    public static IReadOnlyDictionary<string, string> Aliases { get; } = new Dictionary<string, string> { ["shortgpt"] = "block-influence" };

    /// <summary>Every name of every method, for help and for messages.</summary>
    public static string Names =>
        $"{string.Join(", ", All.Select(method => method.Name))} (also {string.Join(", ", Aliases.Select(alias => $"{alias.Key} for {alias.Value}"))})";

    public static PruningMethod Find(string name) =>
        All.FirstOrDefault(method => method.Name == (Aliases.TryGetValue(name, out var known) ? known : name))
        ?? throw new BadInputException($"The method \"{name}\" is not known: use one of {Names}.");
}
