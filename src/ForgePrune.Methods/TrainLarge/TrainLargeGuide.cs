namespace ForgePrune.Methods.TrainLarge;

/// <summary>What users are told about the study of training large models to compress them.</summary>
internal static class TrainLargeGuide
{
    public static MethodGuide Page { get; } = new()
    {
        Name = "train-large",
        Methods = [],
        Papers =
        [
            new("Zhuohan Li, Eric Wallace, Sheng Shen, Kevin Lin, Kurt Keutzer, Dan Klein, Joseph E. Gonzalez",
                "Train Large, Then Compress: Rethinking Model Size for Efficient Training and Inference of Transformers", 2020, "2002.11794"),
        ],
        Published = """
            With a fixed amount of computing, larger models reach a given loss in fewer steps, and they are more robust to quantization and pruning: a heavily
            compressed large model beats a lightly compressed small one of the same cost. Shown for RoBERTa and machine translation, with unstructured
            pruning.
            """,
        Here = """
            A study, not a method of prune. It trains small causal decoders from random weights, four layers of 96 wide in multiples of the smallest shape,
            all with the same amount of computing, prunes the larger ones to exactly the size of the smallest, and distills them. It also makes half of the
            trained weights zero by SparseGPT (50 % and 2:4) and quantizes them to int8 and int4. Text that nothing learned from is the judge.
            """,
        Differences =
        [
            "Causal decoders and structured pruning, which the paper did not try.",
            "Depth and width of the residual stream are equal for all sizes, because pruning cannot narrow them.",
            "The smallest model spends all of its budget on training, a larger one three quarters of it and the rest on distillation.",
        ],
        Options =
        [
            new("--sizes", "K,...", "1,2,4; with --quick 1,2", "Sizes in multiples of the smallest shape, rising."),
            new("--tokens", "N", "4e12 operations; with --quick 6e11", "Tokens of the smallest model, which set the budget of all sizes."),
            new("--window", "N", "128", "Tokens per window."),
            new("--rate", "RATE", "0.002", "Largest learning rate of training; distillation takes a quarter of it."),
        ],
        Example = ["forgeprune study train-large ./MiniMind2 --text news.txt --out study"],
    };
}
