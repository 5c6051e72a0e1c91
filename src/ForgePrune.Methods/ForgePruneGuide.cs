namespace ForgePrune.Methods;

/// <summary>The project's own method, and the two that share its removal and refit under simpler plans.</summary>
internal static class ForgePruneGuide
{
    public static MethodGuide Page { get; } = new()
    {
        Name = "forgeprune",
        Methods = ["forgeprune", "dp-obs", "uniform-obs"],
        Papers =
        [
            new("Eldar Kurtic, Elias Frantar, Dan Alistarh", "ZipLM: Inference-Aware Structured Pruning of Language Models", 2023, "2302.04089"),
            new("Elias Frantar, Dan Alistarh",
                "Optimal Brain Compression: A Framework for Accurate Post-Training Quantization and Pruning", 2022, "2208.11580"),
        ],
        Published = """
            No single paper. Removing structures one at a time by second order, with all kept weights updated after each removal, is that of Optimal Brain
            Surgeon as ZipLM applies it to attention heads and FFN channels.
            """,
        Here = """
            KV groups and FFN channels are removed greedily by second order. Every block is then replaced alone at a few levels, and the KL divergence that
            this causes is its price. Exact dynamic programming finds the cheapest plan within the budget, be it measured seconds, parameters or bytes, for
            attention and MLP together. Prices are measured again around that plan, and evolution switches levels between any two blocks. The plans found on
            the way are refitted and compared on held-out text, and the best of them is revised. dp-obs stops after the dynamic programming; uniform-obs takes
            the same share in every layer.
            """,
        Differences =
        [
            "Prices are measured instead of taken from layer errors, because layer errors do not add up across layers: a search that trusts "
                + "their sum can lose to a uniform plan.",
            "Whole KV groups are removed with their query heads, so the KV cache shrinks as well.",
            "The plan may move budget between attention and MLPs.",
        ],
        Example = ["forgeprune prune ./MiniMind2 --out runs/a --target 1.5x"],
    };
}
