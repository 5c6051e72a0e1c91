namespace ForgePrune.Methods.SelfPruner;

/// <summary>What users are told about Self-Pruner.</summary>
internal static class SelfPrunerGuide
{
    public static MethodOption Proposer { get; } = new("--proposer", "NAME", ProposerSettings.Ramp, """
        Who proposes layer rates. ramp: straight ramps, midpoints and single layers moved, without chance. evolution: normal draws, crossover and mutation.
        local: the model being pruned, or --proposer-model. endpoint: a chat endpoint.
        """);

    public static MethodOption ProposerUrl { get; } = new("--proposer-url", "URL", null,
        $"Address of the chat endpoint for --proposer endpoint; its key, if any, is read from {EndpointProposer.KeyVariable}.");

    public static MethodOption ProposerModel { get; } = new("--proposer-model", "NAME", "MODEL itself, for local",
        "The endpoint's model; or the model for --proposer local, a folder like MODEL.");

    internal static MethodGuide Page { get; } = new()
    {
        Name = "self-pruner",
        Methods = ["self-pruner", "self-pruner-obs"],
        Papers =
        [
            new("Weizhong Huang, Yuxin Zhang, Xiawu Zheng, Fei Chao, Rongrong Ji",
                "Towards Efficient Automatic Self-Pruning of Large Language Models", 2025, "2502.14413"),
        ],
        Published = """
            GPT-4o writes 30 lists of layer rates, then chooses parents and writes 10 crossed and 10 changed lists, up to 20 times. Wanda-sp prunes, and
            perplexity on WikiText-2 decides. The prompts are not public, and no code was published; what is told here comes from the abstract and from
            reviews.
            """,
        Here = """
            A proposed list becomes a plan by water-filling: all rates move by one amount, none below 0 or above 1, until the budget is met; then come the
            levels on offer below each share, and what is left of the budget is spent level by level. KL divergence to the dense model on calibration windows
            decides. self-pruner-obs is the same search over second-order removal with a refit.
            """,
        Differences =
        [
            "The prompts are our own words, since the authors' are not public.",
            "Evaluation text is never seen by the search. The authors search on the text on which they report.",
            "evolution proposes as many lists as the others, as the control that the reviews asked for.",
            "Tokens of a local model are masked by a state machine, so a model of any size can write valid lists only.",
            "An endpoint is told numbers of layers, rates and losses, nothing of weights or text. What it fails to answer, plain evolution "
                + "fills in, and plan.json counts it.",
            "The same seed gives the same plan, except with endpoint.",
        ],
        Options = [Proposer, ProposerUrl, ProposerModel],
        Example = ["forgeprune prune ./MiniMind2 --out runs/self --target 0.5", "--method self-pruner --proposer local"],
    };
}
