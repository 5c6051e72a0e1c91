using ForgePrune.Errors;
using ForgePrune.Methods.AdaptPruner;
using ForgePrune.Methods.Baselines;
using ForgePrune.Methods.DarwinLM;
using ForgePrune.Methods.Dress;
using ForgePrune.Methods.SelfPruner;
using ForgePrune.Methods.ZipLM;
using ForgePrune.Pipeline;

namespace ForgePrune.Methods;

/// <summary>Every way to prune that the tool offers, the default first.</summary>
public static class MethodCatalog
{
    /// <summary>All of them, with their own options as their defaults.</summary>
    public static IReadOnlyList<PruningMethod> All { get; } =
    [
        PruningMethod.Default,
        new PlannedMethod("dp-obs", "second-order removal and refit; plan by measured prices and dynamic programming alone",
            SecondOrderRemoval.Instance, new DynamicProgrammingPlan(), refits: true),
        new PlannedMethod("uniform-obs", "second-order removal and refit; the same share in every layer", SecondOrderRemoval.Instance, new UniformRule(),
            refits: true),
        new PlannedMethod("magnitude", "smallest weight norm first; the same share in every layer", new MagnitudeRule(), new UniformRule()),
        new PlannedMethod("wanda-sp", "smallest |weight| times input norm first; the same share in every layer", new WandaSpRule(), new UniformRule()),
        new PlannedMethod("flap", "smallest input fluctuation first, without bias; the same share in every layer", new WifvRule(), new UniformRule()),
        new PlannedMethod("flap-global", "as flap, but standardized scores of all layers in one pool", new WifvRule(), new GlobalScoresPlan(new WifvRule())),
        new PlannedMethod("block-influence", "whole decoder layers, those that turn the residual stream least first", new WholeLayersRule(), new DepthPlan()),
        new SelfPrunerMethod("self-pruner", "as wanda-sp; layer rates from `Proposer`, the best measured ones kept and varied", new WandaSpRule(),
            refits: false),
        new SelfPrunerMethod("self-pruner-obs", "second-order removal and refit; layer rates as in self-pruner", SecondOrderRemoval.Instance, refits: true),
        new DarwinLmMethod("darwinlm",
            "second-order removal and refit; level switches inside attention and inside the MLPs, selected in stages that train candidates first",
                trains: true),
        new DarwinLmMethod("darwinlm-untrained", "as darwinlm, but candidates are measured as they are", trains: false),
        new PlannedMethod("ziplm", "second-order removal and refit; dynamic programming over layer-wise errors, whose factors are searched",
            SecondOrderRemoval.Instance, new SpdyPlan(), refits: true),
        new PlannedMethod("arithmetic", "second-order removal and refit; layer rates rising by a common difference, chosen by measuring",
            SecondOrderRemoval.Instance, new ArithmeticPlan(), refits: true),
        new PlannedMethod("taylor", "smallest sum of |weight times gradient| over coupled weights first (LLM-Pruner); the same share in every layer",
            new TaylorRule(), new UniformRule()),
        new AdaptPrunerMethod("adapt-pruner",
            "many small cuts by layer importance and Taylor scores, each followed by its part of `Recovery`; `Stages` 1 cuts once"),
        new DressMethod("dress",
            "the same share in every layer; what leaves is pressed to nothing by training before the cut (`RegularizeTokens`), then a refit",
                new UniformRule()),
        new PlannedMethod("2ssp", "channels of least activation, equally many everywhere; then whole attention blocks", new ActivationNormRule(),
            new TwoStagePlan()),
    ];

    /// <summary>The method of ForgePrune itself.</summary>
    public static PruningMethod Default => PruningMethod.Default;

    /// <summary>Names of the literature for methods that are here under another name.</summary>
    public static IReadOnlyDictionary<string, string> Aliases { get; } = new Dictionary<string, string> { ["shortgpt"] = "block-influence" };

    /// <summary>Every name of every method, for help and for messages.</summary>
    public static string Names =>
        $"{string.Join(", ", All.Select(method => method.Name))} (also {string.Join(", ", Aliases.Select(alias => $"{alias.Key} for {alias.Value}"))})";

    /// <summary>The method of a name or alias.</summary>
    /// <exception cref="BadInputException">There is none of that name.</exception>
    public static PruningMethod Find(string name) =>
        All.FirstOrDefault(method => method.Name == (Aliases.TryGetValue(name, out var known) ? known : name))
        ?? throw new BadInputException($"the method '{name}' is unknown; use one of {Names}");
}
