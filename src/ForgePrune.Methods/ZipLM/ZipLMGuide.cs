namespace ForgePrune.Methods.ZipLM;

/// <summary>What users are told about ZipLM and SPDY.</summary>
internal static class ZipLMGuide
{
    public static MethodGuide Page { get; } = new()
    {
        Name = "ziplm",
        Methods = ["ziplm"],
        Papers =
        [
            new("Eldar Kurtic, Elias Frantar, Dan Alistarh", "ZipLM: Inference-Aware Structured Pruning of Language Models", 2023, "2302.04089"),
            new("Elias Frantar, Dan Alistarh", "SPDY: Accurate Pruning with Speedup Guarantees", 2022, "2201.13096"),
        ],
        Published = """
            Each level of a block gets its relative layer error as a prior. Dynamic programming solves exactly for the time budget under one factor for each
            block, and these factors are searched by the loss of the stitched model. ZipLM then trains while it prunes, target after target, with
            distillation. No code of ZipLM is public: the search is that of SPDY's code.
            """,
        Here = """
            Priors come from the losses of the second-order sweep, damped. Factors are searched as SPDY searches them, and candidates are measured in batches.
            Any metric is a budget, measured times included. The final refit and the logit factor follow, as with every method that refits.
            """,
        Differences =
        [
            "The dynamic programming is exact, where SPDY rounds times to 10,000 buckets.",
            "There is no training between targets; --recover trains the finished model.",
        ],
        Example = ["forgeprune prune ./MiniMind2 --out runs/zip --target 1.5x --method ziplm"],
    };
}
