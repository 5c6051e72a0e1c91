namespace ForgePrune.Methods.AdaptPruner;

/// <summary>What users are told about Adapt-Pruner.</summary>
internal static class AdaptPrunerGuide
{
    public static MethodOption Stages { get; } = new("--stages", "N", "as many as remove a twentieth each",
        "Cuts, each followed by its part of --recover; 1 cuts once, with the same steps and the same tokens.");

    internal static MethodGuide Page { get; } = new()
    {
        Name = "adapt-pruner",
        Methods = ["adapt-pruner"],
        Papers =
        [
            new("Rui Pan, Shivanshu Shekhar, Boyao Wang, Shizhe Diao, Jipeng Zhang, Xingyuan Pan, Renjie Pi, Tong Zhang",
                "Adapt-Pruner: Adaptive Structural Pruning for Efficient Small Language Model Training", 2025, "2502.03460"),
        ],
        Published = """
            The cosine between what enters and what leaves a layer gives its importance, I = (raw − mean) / max |raw − mean|. At every step the layer's
            share of removed channels rises by Δ − A·I (both 0.02), and importances and Taylor scores are measured anew. After about a twentieth of the model
            comes a training, in all 5 to 20 times; stage s of N gets 2s/(N(N + 1)) of the text. Every stage is a new launch, so AdamW starts over.
            """,
        Here = """
            The same rule and schedule. A stage's last step is shortened until its budget is met, and what whole levels leave of the budget is given back.
            Weights and both moments of AdamW are carried over each cut, and one schedule of the rate spans all stages: warm-up, constant, fall at the end.
            Tokens, text, loss and rate come from --recover and its family; without --recover the model is only cut. Layers keep at least a hundredth, as the
            authors' do, unless no such plan is small enough. The written model is the trained one, whether or not the last stage made it better.
            """,
        Differences =
        [
            "Scores of query heads are added to the KV head that they read. The released code adds heads h, h + n, h + 2n … under grouped "
                + "queries, so the wrong heads decide.",
            "Only the cosine is on offer as a distance, because the other distances of the released code have their sign reversed.",
            "AdamW keeps its moments over a cut, where the authors start it anew.",
        ],
        Options = [Stages],
        Example = ["forgeprune prune ./MiniMind2 --out runs/adapt --target 0.5", "--method adapt-pruner --recover 2000000 --recover-text news.txt"],
    };
}
