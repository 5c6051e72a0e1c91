namespace ForgePrune.Methods.DarwinLM;

/// <summary>What users are told about DarwinLM.</summary>
internal static class DarwinLMGuide
{
    public static MethodOption SelectionTokens { get; } = new("--selection-tokens", "N", $"{DarwinLmMethod.DefaultSelectionTokens}",
        "Tokens on which each candidate of the last stage of selection is trained; earlier stages take a half, a quarter and a twentieth of it. 0 trains none.",
        Only: "darwinlm");

    internal static MethodGuide Page { get; } = new()
    {
        Name = "darwinlm",
        Methods = ["darwinlm", "darwinlm-untrained"],
        Papers =
        [
            new("Shengkun Tang, Oliver Sieberling, Eldar Kurtic, Zhiqiang Shen, Dan Alistarh",
                "DarwinLM: Evolutionary Structured Pruning of Large Language Models", 2025, "2502.07780"),
        ],
        Published = """
            Every output and down projection is stored at about ten levels of one greedy second-order sweep. The search starts with the target level
            everywhere and switches levels between layers of one kind. In each generation 16 children pass four stages of ever more text, and each child is
            trained for a moment before it is measured (10,000, 50,000, 100,000 and 200,000 tokens by stage). The final model is trained on 10 billion tokens.
            """,
        Here = """
            The grid has the number of steps from 8 to 12, nearest to ten, that falls on levels exactly, so a switch conserves the budget; what the grid
            leaves of the budget is spent on finer levels at the end. Before a stage measures a candidate, the candidate is compacted and trained toward the
            dense model on windows that selection does not measure; the parent is trained as much. darwinlm-untrained is the same selection without training.
            Models of more than half a billion prunable weights have no generations here, and so no training. There is no training of the final model unless
            --recover asks for it.
            """,
        Differences =
        [
            "The small model is trained. In the released code no mask holds the zeros and the model is not shrunk, so removed structures "
                + "grow back before they are measured.",
            "Weights are trained in float32. In bfloat16, as released, steps of 1e-5 are rounded away for all but the smallest weights.",
            "A target between two levels is met; the released code truncates it.",
            "KV groups are removed as a whole. The authors keep all KV heads of models with grouped queries, so their cache does not shrink.",
            "A fiftieth of the authors' tokens trains each candidate unless you say otherwise, for machines without a GPU.",
            "Kept as published: attention and MLPs have separate budgets. The project's own search moves budget between them.",
        ],
        Options = [SelectionTokens],
        Example =
        [
            "forgeprune compare ./MiniMind2 --methods darwinlm,darwinlm-untrained",
            "--targets 0.5 --metric prunable --seeds 1,2,3",
            "--calibration news.txt --out cmp",
        ],
    };
}
